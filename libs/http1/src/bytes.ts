// The bytes of HTTP/1.1 heads, and tables of where each byte is allowed.

/** Horizontal tab. */
export const HTAB = 0x09;
/** Line feed. */
export const LF = 0x0a;
/** Carriage return. */
export const CR = 0x0d;
/** Space. */
export const SP = 0x20;
/** `:`. */
export const COLON = 0x3a;
/** `.`. */
export const DOT = 0x2e;
/** `\`. */
export const BACKSLASH = 0x5c;

const ALPHANUMERIC = /[0-9A-Za-z]/;

function byteTable(valueOf: (byte: number, character: string) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => valueOf(byte, String.fromCharCode(byte)));
}

/** The token characters of RFC 9110 §5.6.2, each in lower case; 0 for every other byte. */
export const LOWER_TOKEN = byteTable((_, character) => {
  const isToken = ALPHANUMERIC.test(character) || "!#$%&'*+-.^_`|~".includes(character);
  return isToken ? character.toLowerCase().charCodeAt(0) : 0;
});

/** Marks `_` in {@link NAME_BYTE}. */
export const UNDERSCORE_BIT = 2;

/** 0 for bytes that no field name has; 1 for the others, with {@link UNDERSCORE_BIT} for `_`. */
export const NAME_BYTE = byteTable((byte, character) => {
  const isToken = LOWER_TOKEN[byte] !== 0;
  return isToken ? 1 | (character === '_' ? UNDERSCORE_BIT : 0) : 0;
});

/** 1 for bytes allowed in a field value (RFC 9110 §5.5): VCHAR, SP, HTAB and obs-text. */
export const IS_TEXT = byteTable((byte) => (byte === HTAB || (byte >= SP && byte !== 0x7f) ? 1 : 0));

/**
 * 1 for bytes allowed in a request target: printable ASCII. That is more than RFC 3986 §3.3 and §3.4 allow, because
 * clients do send `|` and `{`. Not allowed are `#`, which starts a fragment, and `\`, which the URL standard of
 * browsers treats as `/`.
 */
export const IS_TARGET = byteTable((byte, character) =>
  byte > SP && byte < 0x7f && !'#\\'.includes(character) ? 1 : 0,
);

/** 1 for the unreserved characters of URIs (RFC 3986 §2.3). */
export const IS_UNRESERVED = byteTable((_, character) =>
  ALPHANUMERIC.test(character) || '-._~'.includes(character) ? 1 : 0,
);

/** 1 for hexadecimal digits. */
export const IS_HEX = byteTable((_, character) => (/[\da-f]/i.test(character) ? 1 : 0));

/** Returns the bytes of an ASCII text. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/**
 * Whether `bytes` from `at` to before `end` equal `lower`, ignoring case. `lower` consists of token characters in lower
 * case.
 */
export function equalsIgnoringCase(bytes: Uint8Array, at: number, end: number, lower: Uint8Array): boolean {
  if (end - at !== lower.length) return false;
  for (let i = 0; i < lower.length; i++) {
    if (LOWER_TOKEN[bytes[at + i]] !== lower[i]) return false;
  }
  return true;
}

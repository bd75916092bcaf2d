// The bytes that HTTP/1.1 heads are made of, and which may stand where.

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COLON = 0x3a;

const ALPHANUMERIC = /[0-9A-Za-z]/;

function table(valueOf: (byte: number, character: string) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => valueOf(byte, String.fromCharCode(byte)));
}

/** The token characters of RFC 9110 §5.6.2, each in lower case; 0 for every other byte. */
export const LOWER_TOKEN = table((_, character) => {
  const isToken = ALPHANUMERIC.test(character) || "!#$%&'*+-.^_`|~".includes(character);
  return isToken ? character.toLowerCase().charCodeAt(0) : 0;
});

/** 1 for what may stand in a field value (RFC 9110 §5.5): VCHAR, SP, HTAB and obs-text. */
export const IS_TEXT = table((byte) => (byte === HTAB || (byte >= SP && byte !== 0x7f) ? 1 : 0));

/**
 * 1 for what may stand in a request target: printable ASCII. That is more than RFC 3986 §3.3 and §3.4 allow, as clients
 * do send `|` and `{`; but no `#`, which begins a fragment, and no `\`, which the URL standard of browsers takes for `/`.
 */
export const IS_TARGET = table((byte, character) => (byte > SP && byte < 0x7f && !'#\\'.includes(character) ? 1 : 0));

/** 1 for what may stand in `Host`: names, addresses, ports (RFC 3986 §3.2.2), without percent-encoding. */
export const IS_HOST = table((_, character) => (ALPHANUMERIC.test(character) || '-._:[]'.includes(character) ? 1 : 0));

/** The bytes of an ASCII text. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Whether `bytes` from `at` on, but before `end`, reads like `lower` in any case. `lower` holds token characters. */
export function readsLike(bytes: Uint8Array, at: number, end: number, lower: Uint8Array): boolean {
  if (end - at !== lower.length) return false;
  for (let i = 0; i < lower.length; i++) {
    if (LOWER_TOKEN[bytes[at + i]] !== lower[i]) return false;
  }
  return true;
}

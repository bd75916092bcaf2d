// Whether a segment of a path names one thing among many, by its looks alone.

const DIGITS = /^\d+$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** A hash or an object id: at least eight hexadecimal digits, a decimal one among them, so that `facade` sojourns a word. */
const HEXADECIMAL = /^(?=[a-f]*\d)[0-9a-f]{8,}$/i;
/** A token in base64url, or a slug with a number in it: long, with at least two digits. */
const TOKEN = /^(?=(?:.*\d){2})[\w-]{20,}={0,2}$/;
const DATE = /^\d{4}-\d{2}(-\d{2})?$/;
/** No route is written with a name this long. */
const MAX_WORD_CHARACTERS = 64;

const IDENTIFIERS = [DIGITS, UUID, HEXADECIMAL, TOKEN, DATE];

/** Numbers, UUIDs, hashes, object ids, dates and tokens look like identifiers; words do not. O(length). */
export function looksLikeIdentifier(segment: string): boolean {
  return segment.length > MAX_WORD_CHARACTERS || IDENTIFIERS.some((form) => form.test(segment));
}

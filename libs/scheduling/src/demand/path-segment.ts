// Decides by its form whether a path segment identifies one thing among many.

const DIGITS = /^\d+$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/**
 * A hash or an object id: at least eight hexadecimal digits, one of them decimal, so that `facade` counts as a word.
 */
const HEXADECIMAL = /^(?=[a-f]*\d)[0-9a-f]{8,}$/i;
/** A token in base64url, or a slug with a number in it: long, with at least two digits. */
const TOKEN = /^(?=\D*\d\D*\d)[\w-]{20,}={0,2}$/;
const DATE = /^\d{4}-\d{2}(-\d{2})?$/;
/** Longer segments are never part of a route's name. */
const MAX_WORD_CHARACTERS = 64;

const IDENTIFIERS = [DIGITS, UUID, HEXADECIMAL, TOKEN, DATE];

/**
 * Whether a segment looks like an identifier: a number, UUID, hash, object id, date or token, but not a word.
 * O(length).
 */
export function looksLikeIdentifier(segment: string): boolean {
  return segment.length > MAX_WORD_CHARACTERS || IDENTIFIERS.some((form) => form.test(segment));
}

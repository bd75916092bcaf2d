// Escapes characters that a terminal interprets or that are invisible, so that a log line is what it looks like.

/**
 * Delete and the controls of ISO 8859 (C1), the soft hyphen, zero-width characters, the separators of lines and
 * paragraphs, and what changes the direction of text (Unicode TR 36 §3.1).
 */
const UNSEEN = /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Controls, except tabs. */
const CONTROLS = /[^\t\P{Cc}]/gu;

/**
 * Escapes the characters that JSON itself does not, such as `\u202e`, with the given backslash. With a single backslash, a
 * JSON parser still reads the same strings.
 */
export function escapeUnseen(text: string, backslash = '\\'): string {
  return text.replace(UNSEEN, (character) => `${backslash}${codeOf(character)}`);
}

/** Escapes the controls in a message. Its further lines are indented, so that none looks like an entry of its own. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (character) => (character === '\n' ? '\n    ' : `\\${codeOf(character)}`));
}

function codeOf(character: string): string {
  return `u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

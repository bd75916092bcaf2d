// The sentence that says what a file is for: the first of its first comment, short enough for a line of a list.

/** Longest sentence that is kept whole, characters. */
const MAX_LENGTH = 100;
/**
 * Where a longer sentence may be cut, in order of preference: the separator to cut before, the minimum length of the rest,
 * and the mark to append. A clause before a colon or semicolon can stand alone; elsewhere an ellipsis marks the cut.
 */
const CUTS = [
  { before: /[:;] /g, minLength: 40, mark: '' },
  { before: /, /g, minLength: 40, mark: ' …' },
  { before: /[:;] /g, minLength: 20, mark: '' },
  { before: /, /g, minLength: 20, mark: ' …' },
  { before: / /g, minLength: 0, mark: ' …' },
];

/** A sentence ends with `.` or `?` before a capital, a digit or code, so `e.g. this` and `v1.2` do not end one. */
const SENTENCE_END = /[.?](?=$|\s+["'`(]?[A-Z0-9`])/;

/**
 * The first sentence of a source file's first comment, which must begin on its first line: `//` lines up to the first
 * empty one or to a directive of the linter, or a block. Undefined when there is none.
 */
export function describedIn(file: string): string | undefined {
  // A command begins with the name of its interpreter.
  const source = file.replace(/^#!.*\n/, '');
  const block = /^\/\*+\s*([\s\S]*?)\s*\*\//.exec(source)?.[1];
  const lines = /^(?:\/\/ (?!oxlint-).*(?:\r?\n|$))+/.exec(source)?.[0];
  const text = block?.replaceAll(/^\s*\*? ?/gm, '') ?? lines?.replaceAll(/^\/\/ /gm, '');
  return text === undefined ? undefined : firstSentence(text);
}

/** The first sentence of a document's first paragraph below its title. Undefined when there is none. */
export function introductionOf(markdown: string): string | undefined {
  const paragraph = markdown.split(/\n\s*\n/).find((part) => part.trim() !== '' && !part.trim().startsWith('#'));
  return paragraph === undefined ? undefined : firstSentence(paragraph);
}

function firstSentence(text: string): string | undefined {
  const paragraph = text
    .split(/\n\s*\n/)[0]
    .replaceAll(/\s+/g, ' ')
    .trim();
  const end = SENTENCE_END.exec(paragraph);
  const sentence = paragraph.slice(0, end === null ? undefined : end.index + (end[0] === '?' ? 1 : 0));
  return sentence === '' ? undefined : shortened(sentence);
}

/** Cuts a sentence that is too long, at the last place of the best kind, but never within parentheses or code. */
function shortened(sentence: string): string {
  if (sentence.length <= MAX_LENGTH) return sentence;
  for (const { before, minLength, mark } of CUTS) {
    const places = [...sentence.matchAll(before)].map(({ index }) => index);
    const place = places.findLast((at) => at <= MAX_LENGTH && isClosed(sentence.slice(0, at))) ?? -1;
    if (place >= minLength) return `${sentence.slice(0, place)}${mark}`;
  }
  return sentence;
}

/** Whether all parentheses and code that begin in it also end in it. */
function isClosed(text: string): boolean {
  return text.split('(').length === text.split(')').length && text.split('`').length % 2 === 1;
}

// The generated sections of documents: what is between two HTML comments is replaced, the text around them stays.

/** The comments around a section. */
export interface Markers {
  readonly begin: string;
  readonly end: string;
}

/** `text` with this content between its markers. @throws {Error} when they are missing. */
export function withSection(text: string, { begin, end }: Markers, content: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from === -1 || to < from) throw new Error(`the markers ${begin} and ${end} are missing`);
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}

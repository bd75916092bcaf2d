// Ways to write the same bytes: what a reader makes of them must not depend on how they are dealt to packets.

export type Writing = 'at once' | 'in halves' | 'its last byte apart';

export const WRITINGS: Readonly<Record<Writing, (bytes: string) => readonly string[]>> = {
  'at once': (bytes) => [bytes],
  'in halves': (bytes) => [bytes.slice(0, bytes.length / 2), bytes.slice(bytes.length / 2)],
  'its last byte apart': (bytes) => [bytes.slice(0, -1), bytes.slice(-1)],
};

/** Those of a form of the suite. */
export function writingsOf({ isLong }: { readonly isLong: boolean }): readonly Writing[] {
  return isLong ? (Object.keys(WRITINGS) as Writing[]) : ['at once'];
}

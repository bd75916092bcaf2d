// docs/performance.md and its plot: the text between the markers is replaced, the rest is kept.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { costPlot, markdown, type Provenance } from './report.js';
import type { Results } from './results.js';

const DOCUMENT = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));
const PLOT = fileURLToPath(new URL('../../docs/plots/data-plane.svg', import.meta.url));
const BEGIN = '<!-- bench:data-plane begins -->';
const END = '<!-- bench:data-plane ends -->';

/** Writes the document and the plot. */
export async function publish(results: Results, provenance: Provenance): Promise<void> {
  const document = readFileSync(DOCUMENT, 'utf8');
  const style = { ...(await resolveConfig(DOCUMENT)), filepath: DOCUMENT };
  writeFileSync(DOCUMENT, await format(between(document, markdown(results, provenance)), style));
  writeFileSync(PLOT, costPlot(results));
}

/** The document with this text between its markers. @throws {Error} when they are missing. */
export function between(document: string, generated: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error(`the document must contain ${BEGIN} and then ${END}`);
  return `${document.slice(0, begin + BEGIN.length)}\n\n${generated}\n\n${document.slice(end)}`;
}

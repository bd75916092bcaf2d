// The numbers that a measurement proposes, and how it explains them.
import { count, counted } from '../output/numbers.js';
import { wrapped } from '../output/terminal.js';
import type { Measurement } from './measure.js';

/** docs/concepts.md explains both. */
const COMPUTE_PER_CORE = 10;
const BYTES_PER_GIB = 1024 ** 3;

/** Capacities, units per second. */
export interface Proposal {
  readonly compute: number;
  readonly storage: number;
  [resource: string]: number;
}

/** The capacities that a machine should declare. */
export function numbersOf({ cores, readSpeed, writeSpeed }: Measurement): Proposal {
  return { compute: cores * COMPUTE_PER_CORE, storage: rounded(readSpeed ?? writeSpeed) };
}

/** The same in words. */
export function formatMeasurement(measurement: Measurement): string {
  const { cores, memoryBytes, folder, readSpeed, writeSpeed } = measurement;
  const { compute, storage } = numbersOf(measurement);
  const speeds =
    readSpeed === undefined
      ? `writes ${count(rounded(writeSpeed))} MB/s; its file system has no direct reads, so the read speed could not be measured`
      : `reads ${count(rounded(readSpeed))} MB/s and writes ${count(rounded(writeSpeed))} MB/s`;
  const gibibytes = (memoryBytes / BYTES_PER_GIB).toFixed(1);
  const paragraphs = [
    `This process may use ${counted(cores, 'core')}: ${COMPUTE_PER_CORE} units each are --compute ${compute}.`,
    `The disk of ${folder} ${speeds}: --storage ${storage}.`,
    `It may use ${gibibytes} GiB of memory, which is no resource of its own: if each of your requests needs much of it, ` +
      'limit how many there are at a time by --max-in-flight.',
    'What counts is how these numbers compare with those of your other machines, so measure all of them in the same way.',
  ];
  const example = `fairlead join --port PORT --compute ${compute} --storage ${storage} -- COMMAND`;
  return [...paragraphs.map(wrapped), `  ${example}`].join('\n\n');
}

/** Two digits, and at least one unit: it was measured only for a moment. */
function rounded(speed: number): number {
  return Math.max(1, Number(speed.toPrecision(2)));
}

// Sends a small part of the requests where little is known, so that what is believed of a machine can be disproved.
import type { Candidates } from '../candidates.js';
import type { Random } from '../clock-and-random.js';
import type { LatentTable } from './latent-table.js';

/** A request explores only where its predicted time is at most this multiple of the shortest. */
const MAX_COST = 3;

/** The part of the requests that explore, while nothing is known and when everything is. */
const MOST_EXPLORATION = 0.01;
const LEAST_EXPLORATION = 0.001;

/**
 * Returns the part of the requests that should explore. It falls as the machines become known, with the mean standard error
 * of what is known of them.
 *
 * @param slotSamples weight of the samples behind each machine, by slot.
 */
export function explorationAfter(slotSamples: Float64Array): number {
  const seen = slotSamples.filter((samples) => samples > 0);
  const doubt = seen.length === 0 ? 1 : seen.reduce((sum, n) => sum + 1 / Math.sqrt(1 + n), 0) / seen.length;
  return Math.max(LEAST_EXPLORATION, MOST_EXPLORATION * doubt);
}

/** What exploration reads from a table. */
type ExploredTable = Pick<LatentTable, 'slotSamples' | 'exploration'>;

/** Decides which requests explore, and where they go. Allocates only to grow. */
export class Exploration {
  private table: ExploredTable | undefined;
  /** Predicted seconds, by index in the candidates. */
  private seconds = new Float64Array(16);

  constructor(private readonly random: Random) {}

  /** Uses what is believed now. Until the first call no request explores. */
  useTable(table: ExploredTable): void {
    this.table = table;
  }

  /** Draws whether the next request explores. */
  isDue(): boolean {
    return this.table !== undefined && this.random() < this.table.exploration;
  }

  /**
   * Returns the position of the machine with the fewest samples, among the candidates where the request is predicted to take
   * at most three times as long as at the best. Machines with equally few are drawn at random. O(candidates).
   *
   * @param secondsOf the predicted latency of the request at a candidate, seconds, by its index.
   */
  choose(candidates: Candidates, secondsOf: (i: number) => number): number {
    const { positions, count } = candidates;
    const most = this.predict(candidates, secondsOf);
    let chosen = -1;
    let fewest = Infinity;
    let ties = 0;
    for (let i = 0; i < count; i++) {
      if (!(this.seconds[i] <= most)) continue;
      const samples = this.samplesAt(candidates, positions[i]);
      if (samples > fewest) continue;
      ties = samples < fewest ? 1 : ties + 1;
      fewest = samples;
      if (this.random() * ties < 1) chosen = positions[i];
    }
    return chosen;
  }

  /** Returns the slots among which {@link choose} chooses, the least known first. */
  eligible(candidates: Candidates, secondsOf: (i: number) => number): number[] {
    const { fleet, positions, count } = candidates;
    const most = this.predict(candidates, secondsOf);
    return Array.from(positions.subarray(0, count))
      .filter((_, i) => this.seconds[i] <= most)
      .sort((a, b) => this.samplesAt(candidates, a) - this.samplesAt(candidates, b))
      .map((position) => fleet.slots[position]);
  }

  /** Writes the predicted seconds of each candidate. Returns the longest that a request may take where it explores. */
  private predict({ count }: Candidates, secondsOf: (i: number) => number): number {
    if (this.seconds.length < count) this.seconds = new Float64Array(2 * count);
    let least = Infinity;
    for (let i = 0; i < count; i++) least = Math.min(least, (this.seconds[i] = secondsOf(i)));
    return MAX_COST * least;
  }

  private samplesAt({ fleet }: Candidates, position: number): number {
    return this.table?.slotSamples[fleet.slots[position]] ?? 0;
  }
}

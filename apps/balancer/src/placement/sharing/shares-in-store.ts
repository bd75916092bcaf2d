// The shares of all balancers in the registry's store, read and written. What cannot be used is left out, with a warning.
import type { Share, SharedEntry } from '@fairlead/scheduling';
import { Logger } from '@nestjs/common';
import { StoreError } from '../../registry/store/registry-store.js';
import type { StoredShare } from '../../registry/store/shares.js';
import type { StoredFleet } from '../../registry/store/stored-fleet.js';
import { UnusableShareError, decodeShare } from './share-format.js';

/** After so long, a share weighs half as much. */
const HALF_LIFE_SECONDS = 6 * 3_600;
/** The own share is written again after so long although it has not changed, so that it does not expire. */
const REFRESH_MS = 3_600_000;

export class SharesInStore {
  /** What this balancer shared before its last start. */
  former: Share;
  private others: readonly Share[] = [];
  /** What is wrong with the shares that were read last, so that each problem is logged once. */
  private problems: ReadonlySet<string> = new Set();
  private hasFailed = false;
  private written = '';
  private writtenAtMs = -Infinity;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly stored: StoredFleet,
    private readonly balancer: string,
    private readonly limits: { readonly classes: number; readonly machines: number },
    private readonly logger = new Logger('KnowledgeSharing'),
  ) {
    this.former = { balancer, rank: 1, classes: new Map(), machines: new Map() };
  }

  /** Those that can be used: the own one first, then those that know most. */
  get all(): readonly Share[] {
    return [this.former, ...this.others].filter(({ classes, machines }) => classes.size + machines.size > 0);
  }

  /** Reads all, and what this balancer shared before its start. */
  async readFirst(): Promise<void> {
    const shares = await this.readAll();
    this.former = shares?.find(({ balancer }) => balancer === this.balancer) ?? this.former;
  }

  /** Reads those of the others. Returns whether it could. */
  async read(): Promise<boolean> {
    return (await this.readAll()) !== undefined;
  }

  /** Writes the own share, if it is not written already. One at a time. */
  async write(text: string): Promise<void> {
    const isOld = performance.now() - this.writtenAtMs > REFRESH_MS;
    if (this.stored.isAway || (text === this.written && !isOld)) return;
    await this.writing;
    this.writing = this.attempt(async () => {
      await this.stored.store.writeShare(this.balancer, text);
      this.written = text;
      this.writtenAtMs = performance.now();
    });
    await this.writing;
  }

  private async readAll(): Promise<readonly Share[] | undefined> {
    if (this.stored.isAway) return undefined;
    let found: readonly StoredShare[] | undefined;
    await this.attempt(async () => void (found = await this.stored.store.readShares()));
    if (!found) return undefined;
    const problems = new Set<string>();
    const shares = found.flatMap((stored) => this.decode(stored, problems));
    for (const problem of problems) if (!this.problems.has(problem)) this.logger.warn(problem);
    this.problems = problems;
    this.others = shares
      .filter(({ balancer }) => balancer !== this.balancer)
      .toSorted((a, b) => weightOf(b) - weightOf(a));
    return shares;
  }

  private decode({ balancer, text, ageSeconds }: StoredShare, problems: Set<string>): Share[] {
    try {
      const share = decodeShare(balancer, text);
      const fading = 2 ** (-ageSeconds / HALF_LIFE_SECONDS);
      return [
        {
          ...share,
          classes: strongest(share.classes, fading, this.limits.classes),
          machines: strongest(share.machines, fading, this.limits.machines),
        },
      ];
    } catch (error) {
      if (!(error instanceof UnusableShareError)) throw error;
      problems.add(`what ${JSON.stringify(balancer)} has learned is ignored: ${error.message}`);
      return [];
    }
  }

  /** The store may fail: what is learned then stays here. */
  private async attempt(use: () => Promise<void>): Promise<void> {
    try {
      await use();
      this.hasFailed = false;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (!this.hasFailed) this.logger.warn(`what is learned cannot be shared: ${error.message}`);
      this.hasFailed = true;
    }
  }
}

function strongest(
  entries: ReadonlyMap<string, SharedEntry>,
  fading: number,
  limit: number,
): ReadonlyMap<string, SharedEntry> {
  const faded = Array.from(entries, ([name, { values, samples }]) => {
    return [name, { values, samples: fading * samples }] as const;
  });
  return new Map(faded.toSorted(([, a], [, b]) => b.samples - a.samples).slice(0, limit));
}

function weightOf({ classes, machines }: Share): number {
  return classes.size + machines.size;
}

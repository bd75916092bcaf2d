// The shares of all balancers in the registry's store, read and written. What cannot be used is left out, with a warning.
import type { Share } from '@fairlead/scheduling';
import { Logger } from '@nestjs/common';
import { monotonicSeconds } from '../../clock/monotonic.js';
import { StoreError } from '../../registry/store/registry-store.js';
import type { StoredShare } from '../../registry/store/shares.js';
import type { StoredFleet } from '../../registry/store/stored-fleet.js';
import { UnusableShareError, decodeShare } from './share-format.js';
import { strongest, type Entries } from './strongest.js';

/** Time after which a stored share has half its weight: another balancer's, or one's own while this balancer was not running. */
const HALF_LIFE_SECONDS = 6 * 3_600;
/**
 * The same of one's own share once this balancer runs, as for samples, so that a machine that was slow before the start, and
 * is not used for that reason, is tried again.
 */
const FORMER_HALF_LIFE_SECONDS = 1_800;
/** Time after which the own share is written again although it has not changed, so that it does not expire. */
const REFRESH_SECONDS = 3_600;

/** The largest numbers of classes and machines. */
export interface Limits {
  readonly classes: number;
  readonly machines: number;
}

export class SharesInStore {
  private readonly logger = new Logger('KnowledgeSharing');
  private restored: Share;
  private restoredAt = 0;
  private others: readonly Share[] = [];
  /** What is wrong with the shares that were read last, so that each problem is logged once. */
  private problems: ReadonlySet<string> = new Set();
  private hasFailed = false;
  private written = '';
  private writtenAt = -Infinity;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly stored: StoredFleet,
    private readonly balancer: string,
    private readonly limits: Limits,
    private readonly now: () => number = monotonicSeconds,
  ) {
    this.restored = { balancer, rank: 1, classes: new Map(), machines: new Map() };
  }

  /** What this balancer shared before its last start, as far as it is still believed. */
  get former(): Share {
    return faded(this.restored, this.now() - this.restoredAt, FORMER_HALF_LIFE_SECONDS, this.limits);
  }

  /** The shares that can be used: the own one first, then those that know most. */
  get all(): readonly Share[] {
    return [this.former, ...this.others].filter(({ classes, machines }) => classes.size + machines.size > 0);
  }

  /** Reads all, and what this balancer shared before its start. */
  async readFirst(): Promise<void> {
    const shares = await this.readAll();
    this.restored = shares?.find(({ balancer }) => balancer === this.balancer) ?? this.restored;
    this.restoredAt = this.now();
  }

  /** Reads the shares of the others. Returns whether it could. */
  async read(): Promise<boolean> {
    return (await this.readAll()) !== undefined;
  }

  /** Writes the own share, unless the store has it already. Writes do not overlap. */
  async write(text: string): Promise<void> {
    const isOld = this.now() - this.writtenAt > REFRESH_SECONDS;
    if (this.stored.isAway || (text === this.written && !isOld)) return;
    const attempt = () =>
      this.attempt(async () => {
        await this.stored.store.writeShare(this.balancer, text);
        this.written = text;
        this.writtenAt = this.now();
      });
    this.writing = this.writing.then(attempt);
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
      return [faded(decodeShare(balancer, text), ageSeconds, HALF_LIFE_SECONDS, this.limits)];
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

/** A share after some time; of many classes and machines, those with the most samples. */
function faded(share: Share, seconds: number, halfLifeSeconds: number, limits: Limits): Share {
  const part = 2 ** (-seconds / halfLifeSeconds);
  const left = (entries: Entries, limit: number) => {
    const weaker = Array.from(entries, ([name, entry]) => [name, { ...entry, samples: part * entry.samples }] as const);
    return strongest(weaker, limit);
  };
  return { ...share, classes: left(share.classes, limits.classes), machines: left(share.machines, limits.machines) };
}

function weightOf({ classes, machines }: Share): number {
  return classes.size + machines.size;
}

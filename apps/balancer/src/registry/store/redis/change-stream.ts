// Follows the stream of changes, on a connection of its own: a read waits for the next change.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { RecordFormat, UnusableRecordError } from '../record-format.js';
import { StoreUnavailableError, type StoreChange, type StoreFollower, type Subscription } from '../registry-store.js';
import { RedisConnection } from './redis-connection.js';
import { TIME_LIMIT_MS } from './redis-client.js';
import { storeErrorOf } from './redis-errors.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisTarget } from './redis-target.js';

/**
 * How long a read waits for a change, milliseconds. With the time limit of a command it is well below the two seconds for
 * which a confirmation holds, so that a server that hangs is found before requests wait.
 */
const WAIT_MS = 250;
/** Changes that are read at once. */
const BATCH = 500;

/** A place in the sequence: which life of the store, and the version of the last change. */
export interface StreamPosition {
  readonly epoch: string;
  readonly version: number;
}

const text = z.string();
const batchSchema = z.tuple([z.tuple([text, z.array(z.tuple([text, z.array(text)]))])]).nullable();
const metaSchema = z.tuple([text.nullable(), text.nullable()]);

/** An entry of the stream. */
interface Entry {
  readonly version: number;
  readonly fields: Readonly<Record<string, string>>;
}

export class ChangeStream implements Subscription {
  private readonly connection: RedisConnection;
  private isOver = false;

  constructor(
    private readonly target: RedisTarget,
    private readonly keys: RedisKeys,
    private readonly format: RecordFormat,
    /** Changes of this writer are left out. */
    private readonly writer: string,
    private readonly follower: StoreFollower,
  ) {
    this.connection = new RedisConnection(target);
  }

  close(): void {
    this.isOver = true;
    void this.connection.close();
  }

  /** Passes on what comes after `position`, until it is closed or a change is missing. Never rejects. */
  async follow({ epoch, version }: StreamPosition): Promise<void> {
    let last = version;
    try {
      while (!this.isOver) {
        const askedAtMs = performance.now();
        // Sent together: with one after the other, a confirmation from a slow server would be too old.
        const [entries, present] = await Promise.all([this.next(last), this.present()]);
        if (this.isOver) return;
        const gap =
          this.pass(entries, last) ?? (entries.length === 0 ? lossOf(present, { epoch, version: last }) : undefined);
        if (this.isOver) return;
        if (gap !== undefined) {
          this.end(() => this.follower.gap(gap));
          return;
        }
        last = entries.at(-1)?.version ?? last;
        if (entries.length < BATCH) this.follower.confirmed(askedAtMs, last);
        // A follower that is behind must not keep the event loop from others.
        else await nextTurn();
      }
    } catch (error) {
      if (!this.isOver) this.end(() => this.follower.failed(storeErrorOf(error, this.target.name)));
    }
  }

  private end(report: () => void): void {
    this.close();
    report();
  }

  private async next(last: number): Promise<readonly Entry[]> {
    const words = [
      'XREAD',
      'COUNT',
      String(BATCH),
      'BLOCK',
      String(WAIT_MS),
      'STREAMS',
      this.keys.of('changes'),
      `${last}-0`,
    ];
    const reply = batchSchema.safeParse(await this.connection.command(words, WAIT_MS + TIME_LIMIT_MS));
    if (!reply.success) throw new StoreUnavailableError(`${this.target.name} has no stream of changes`);
    const [[, entries] = ['', []]] = reply.data ?? [];
    return entries.map(([id, words]) => ({ version: Number(id.split('-')[0]), fields: pairsOf(words) }));
  }

  /** Passes entries on. Returns what is wrong where some are missing. */
  private pass(entries: readonly Entry[], last: number): string | undefined {
    for (const { version, fields } of entries) {
      if (version !== ++last) return `changes from ${last} to ${version - 1} are missing`;
      if (fields.by !== this.writer) this.follower.changed(this.changeOf(version, fields));
    }
    return undefined;
  }

  /** The end of the sequence, once the read that was sent before has ended. */
  private async present(): Promise<z.infer<typeof metaSchema>> {
    const words = ['HMGET', this.keys.of('meta'), 'epoch', 'sequence'];
    return metaSchema.parse(await this.connection.command(words, WAIT_MS + TIME_LIMIT_MS));
  }

  private changeOf(version: number, { kind, id = '', record = '', reason = '' }: Entry['fields']): StoreChange {
    try {
      if (kind === 'removed') return { kind, id, version, reason };
      if (kind === 'stored') return { kind, record: this.format.decode(id, record) };
      throw new UnusableRecordError('newer-format', `the change has the unknown kind ${JSON.stringify(kind)}`);
    } catch (error) {
      if (!(error instanceof UnusableRecordError)) throw error;
      return { kind: 'unusable', record: { id, problem: error.problem, reason: error.message } };
    }
  }
}

/** Says that the store has become another one, where nothing was read from it. */
function lossOf([epoch, sequence]: z.infer<typeof metaSchema>, last: StreamPosition): string | undefined {
  if (epoch !== last.epoch) return 'the store was emptied';
  return Number(sequence) < last.version ? 'the store has gone back to an earlier state' : undefined;
}

/** A flat list of names and values as an object. */
export function pairsOf(words: readonly string[]): Record<string, string> {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < words.length; i += 2) pairs.push([words[i], words[i + 1]]);
  return Object.fromEntries(pairs);
}

// Keeps the registry of several balancers in a Redis server. Each change is a script, so that what it checks and what it
// writes are one step; versions are numbered through the whole store, so that a follower sees when a change is missing.
import { randomUUID } from 'node:crypto';
import type { ResourceSpace } from '@fairlead/scheduling';
import { Logger } from '@nestjs/common';
import { z } from 'zod';
import { keysFromHex, keysToHex, randomKeys, type KeptKeys } from '../kept-keys.js';
import { RecordFormat, UnusableRecordError } from '../record-format.js';
import {
  RegistryStore,
  StoreUnavailableError,
  type ChangeResult,
  type LapsedLeases,
  type NewRecord,
  type Position,
  type Renewal,
  type StoreContents,
  type StoreFollower,
  type StoredRecord,
  type Subscription,
  type UnusableRecord,
} from '../registry-store.js';
import { MAX_SHARE_AGE_SECONDS, MAX_SHARE_LENGTH, newestShares, shareOf, type StoredShare } from '../shares.js';
import { ChangeStream, pairsOf, type StreamPosition } from './change-stream.js';
import { RedisConnection } from './redis-connection.js';
import { RedisKeys } from './redis-keys.js';
import type { RedisTarget } from './redis-target.js';
import { CHECK } from './scripts/check.js';
import { LAPSED, REMOVE_LAPSED } from './scripts/lapsed.js';
import { PUT } from './scripts/put.js';
import { READ } from './scripts/read.js';
import { REMOVE } from './scripts/remove.js';
import { RENEW } from './scripts/renew.js';
import { SET_ASIDE } from './scripts/set-aside.js';
import { READ_SHARES, WRITE_SHARE } from './scripts/shares.js';

/** Changes that are kept for followers; about a hundred more, because whole nodes of the stream are dropped. */
const KEPT_CHANGES = 2_000;

const texts = z.array(z.string());
const readReply = z.tuple([z.tuple([z.string(), z.string(), z.string(), z.string()]), texts, texts]);
const changeReply = z.union([
  z.tuple([z.literal('stored'), z.string()]),
  z.tuple([z.literal('conflict'), z.string(), z.string().nullable()]),
  z.tuple([z.literal('newer-format')]),
]);
const lapsedReply = z.tuple([z.number(), texts]);

/** What tells one fleet in a server from another. */
export interface RedisStoreOptions {
  readonly prefix: string;
  readonly cluster: string;
  readonly resources: ResourceSpace;
  readonly keptChanges?: number;
}

export class RedisStore extends RegistryStore {
  readonly name: string;
  readonly isShared = true;
  readonly retryAfterMs = 250;

  private readonly logger = new Logger('Registry');
  private readonly connection: RedisConnection;
  private readonly keys: RedisKeys;
  private readonly format: RecordFormat;
  private readonly cluster: string;
  private readonly keptChanges: string;
  /** Marks the changes of this process. */
  private readonly writer = randomUUID();
  private readonly followers = new Set<ChangeStream>();
  /** The ids whose record cannot be used, which the log says once. */
  private readonly warned = new Set<string>();
  /** Those of the store, once it was read: a store that was emptied gets them again. */
  private secrets: KeptKeys = randomKeys();

  constructor(
    private readonly target: RedisTarget,
    { prefix, cluster, resources, keptChanges = KEPT_CHANGES }: RedisStoreOptions,
  ) {
    super();
    this.name = target.name;
    this.connection = new RedisConnection(target);
    this.keys = new RedisKeys(prefix);
    this.format = new RecordFormat(resources);
    this.cluster = cluster;
    this.keptChanges = String(keptChanges);
  }

  async read(): Promise<StoreContents> {
    const { hash, cookie } = keysToHex(this.secrets);
    const reply = this.parse(readReply, await this.script(READ, randomUUID(), hash, cookie));
    const [[epoch, sequence, hashKey, cookieKey], stored, aside] = reply;
    this.secrets = keysFromHex({ hash: hashKey, cookie: cookieKey }) ?? this.secrets;
    const records: StoredRecord[] = [];
    const unusable: UnusableRecord[] = [];
    for (const [id, text] of Object.entries(pairsOf(stored))) {
      const record = this.recordFrom(id, text);
      if (!('problem' in record)) records.push(record);
      else unusable.push({ ...record, isAside: record.problem === 'corrupt' });
      if ('problem' in record && record.problem === 'corrupt') await this.script(SET_ASIDE, id, text);
    }
    for (const [id, text] of Object.entries(pairsOf(aside))) {
      const record = this.recordFrom(id, text);
      if ('problem' in record) unusable.push({ ...record, isAside: true });
    }
    records.sort(inOrderOfRegistration);
    const lastVersion = Number(sequence);
    return { records, unusable, keys: this.secrets, epoch, lastVersion, position: `${epoch} ${sequence}` };
  }

  async check(): Promise<void> {
    await this.script(CHECK);
  }

  async put(record: NewRecord, expected: number): Promise<ChangeResult> {
    const { id, leaseSeconds = 0 } = record.backend;
    const leaseMs = Math.ceil(leaseSeconds * 1_000);
    const body = this.format.encode(record);
    const reply = this.script(PUT, id, String(expected), body, String(leaseMs), this.writer, this.keptChanges);
    return this.resultOf(id, await reply);
  }

  async remove(id: string, expected: number, reason: string): Promise<ChangeResult> {
    return this.resultOf(id, await this.script(REMOVE, id, String(expected), reason, this.writer, this.keptChanges));
  }

  async renew(leases: readonly Renewal[]): Promise<readonly string[]> {
    if (leases.length === 0) return [];
    const words = leases.flatMap(({ id, incarnation, leaseSeconds }) => [
      id,
      incarnation,
      String(Math.ceil(leaseSeconds * 1_000)),
    ]);
    return this.parse(texts, await this.script(RENEW, ...words));
  }

  async lapsed(): Promise<LapsedLeases> {
    const [leased, ids] = this.parse(lapsedReply, await this.script(LAPSED));
    return { ids, leased };
  }

  async removeLapsed(ids: readonly string[]): Promise<readonly string[]> {
    if (ids.length === 0) return [];
    return this.parse(texts, await this.script(REMOVE_LAPSED, this.writer, this.keptChanges, ...ids));
  }

  follow(position: Position, follower: StoreFollower): Subscription {
    const stream = new ChangeStream(this.target, this.keys, this.format, this.writer, follower);
    this.followers.add(stream);
    void stream.follow(parsePosition(position)).finally(() => this.followers.delete(stream));
    return stream;
  }

  async writeShare(balancer: string, text: string): Promise<void> {
    await this.script(WRITE_SHARE, balancer, text, String(MAX_SHARE_AGE_SECONDS));
  }

  async readShares(): Promise<readonly StoredShare[]> {
    const limits = [MAX_SHARE_AGE_SECONDS * 1_000, MAX_SHARE_LENGTH].map(String);
    const words = this.parse(texts, await this.script(READ_SHARES, ...limits));
    const shares: StoredShare[] = [];
    for (let i = 0; i + 2 < words.length; i += 3) {
      shares.push(shareOf(words[i], words[i + 2], Number(words[i + 1]) / 1_000));
    }
    return newestShares(shares);
  }

  async close(): Promise<void> {
    for (const stream of this.followers) stream.close();
    await this.connection.close();
  }

  private script(source: string, ...args: string[]): Promise<unknown> {
    return this.connection.script(source, this.keys.all, [this.cluster, ...args]);
  }

  private resultOf(id: string, value: unknown): ChangeResult {
    const [kind, version, text] = this.parse(changeReply, value);
    if (kind === 'newer-format') return { kind };
    if (kind === 'stored') return { kind, version: Number(version) };
    // What scripts cannot read they replace, even where this program could read it.
    const record = text && version !== '0' ? this.decode(id, text) : undefined;
    return { kind, version: Number(version), present: record && 'problem' in record ? undefined : record };
  }

  private recordFrom(id: string, text: string): StoredRecord | UnusableRecord {
    const record = this.decode(id, text);
    if ('problem' in record && !this.warned.has(id)) {
      this.warned.add(id);
      this.logger.warn(`${this.name}: backend ${JSON.stringify(id)} is skipped: ${record.reason}`);
    }
    return record;
  }

  private decode(id: string, text: string): StoredRecord | UnusableRecord {
    try {
      return this.format.decode(id, text);
    } catch (error) {
      if (!(error instanceof UnusableRecordError)) throw error;
      return { id, problem: error.problem, reason: error.message };
    }
  }

  private parse<Value>(schema: z.ZodType<Value>, reply: unknown): Value {
    const parsed = schema.safeParse(reply);
    if (parsed.success) return parsed.data;
    throw new StoreUnavailableError(`${this.name} has sent what no script of this version returns`);
  }
}

function parsePosition(position: Position): StreamPosition {
  const [epoch = '', version] = position.split(' ');
  return { epoch, version: Number(version) };
}

function inOrderOfRegistration({ backend: a }: StoredRecord, { backend: b }: StoredRecord): number {
  return a.registeredAt.getTime() - b.registeredAt.getTime() || (a.id < b.id ? -1 : 1);
}

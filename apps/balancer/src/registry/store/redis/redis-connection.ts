// A connection that is opened when it is needed, and given up when the server fails: a connection that hangs would
// hang on after the server is back.
import { createHash } from 'node:crypto';
import { StoreUnavailableError, type StoreError } from '../registry-store.js';
import { close, connect, TIME_LIMIT_MS, type RedisClient } from './redis-client.js';
import { isFromReplica, isReply, storeErrorOf } from './redis-errors.js';
import type { RedisTarget } from './redis-target.js';
import { within } from './time-limit.js';

/** A script with its name at the server. */
interface Script {
  readonly source: string;
  readonly sha1: string;
}

/** Opening takes a few commands. */
const CONNECT_LIMIT_MS = 2 * TIME_LIMIT_MS;

const scripts = new Map<string, Script>();

export class RedisConnection {
  private client: Promise<RedisClient> | undefined;
  private isClosed = false;
  /** The responses that have come. */
  private responses = 0;

  constructor(private readonly target: RedisTarget) {}

  /** Sends a command. @throws {StoreError} also when the server is silent for `limitMs`. */
  async command(words: readonly string[], limitMs = TIME_LIMIT_MS): Promise<unknown> {
    return this.run((client) => this.send(client, words), limitMs);
  }

  /** Runs a script. @throws {StoreError} */
  async script(source: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const { sha1 } = scriptOf(source);
    const rest = [String(keys.length), ...keys, ...args];
    return this.run(async (client) => {
      try {
        return await this.send(client, ['EVALSHA', sha1, ...rest]);
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
        return this.send(client, ['EVAL', source, ...rest]);
      }
    }, TIME_LIMIT_MS);
  }

  /** Ends it; what waits for a response is rejected. */
  async close(): Promise<void> {
    this.isClosed = true;
    const { client } = this;
    this.client = undefined;
    if (client) await client.then(close, () => {});
  }

  private async run(use: (client: RedisClient) => Promise<unknown>, limitMs: number): Promise<unknown> {
    if (this.isClosed) throw new StoreUnavailableError(`${this.target.name} is closed`);
    const opening = this.opened();
    try {
      const client = await within(CONNECT_LIMIT_MS, opening);
      return await within(limitMs, use(client), () => this.responses);
    } catch (error) {
      if (!isReply(error) || isFromReplica(error)) this.giveUp(opening);
      throw this.errorOf(error);
    }
  }

  private async send(client: RedisClient, words: readonly string[]): Promise<unknown> {
    try {
      return await client.sendCommand(words);
    } finally {
      this.responses++;
    }
  }

  private opened(): Promise<RedisClient> {
    if (this.client) return this.client;
    const opening = connect(this.target, () => this.giveUp(opening));
    this.client = opening;
    return opening;
  }

  private giveUp(opening: Promise<RedisClient>): void {
    if (this.client === opening) this.client = undefined;
    opening.then(close, () => {});
  }

  private errorOf(error: unknown): StoreError {
    return storeErrorOf(error, this.target.name);
  }
}

function scriptOf(source: string): Script {
  const known = scripts.get(source);
  if (known) return known;
  const script = { source, sha1: createHash('sha1').update(source).digest('hex') };
  scripts.set(source, script);
  return script;
}

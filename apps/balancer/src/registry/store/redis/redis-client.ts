// One connection to a Redis server: the server is found and checked when it opens.
import { isIP } from 'node:net';
import type { RedisClientType } from '@redis/client';
import type { RegistryUrl, ServerAddress } from '../../../config/registry-url.js';
import { StoreUnavailableError, StoreUnusableError } from '../registry-store.js';
import type { RedisTarget } from './redis-target.js';
import { TimeLimitError, within } from './time-limit.js';

/** A server that has something to respond to and is silent for this long counts as away. Milliseconds. */
export const TIME_LIMIT_MS = 1_000;

/** The client's own limit for opening a socket: one that does not open is not kept after it was given up. Milliseconds. */
const ABANDONED_MS = 5 * TIME_LIMIT_MS;

/** Commands that may wait for a response; more than that fail at once. */
const MAX_QUEUED = 10_000;

/** Scripts use `ZADD GT`. */
const LEAST_VERSION = [6, 2] as const;

/** What a connection may be asked: a command as words. */
export interface RedisClient {
  readonly sendCommand: (words: readonly string[]) => Promise<unknown>;
  readonly isOpen: boolean;
  readonly destroy: () => void;
}

/**
 * Connects, with the time limit for each step. `onEnd` is called when an open connection is lost.
 *
 * @throws whatever prevents it; redis-errors.ts has the sentences.
 */
export async function connect(target: RedisTarget, onEnd: (client: RedisClient) => void): Promise<RedisClient> {
  const address = await serverOf(target);
  const client = await createClient(target, address, target.url);
  client.on('error', () => onEnd(client));
  client.on('end', () => onEnd(client));
  await prepare(client, target, () => check(client, target.name));
  return client;
}

/** Ends a connection at once. What waits for a response is rejected. */
export function close(client: RedisClient): void {
  if (client.isOpen) client.destroy();
}

/** A client that is not connected yet. */
async function createClient(
  { url, authorities }: RedisTarget,
  { host, port }: ServerAddress,
  { user, password, database = 0 }: Partial<Pick<RegistryUrl, 'user' | 'password' | 'database'>>,
): Promise<RedisClientType & RedisClient> {
  // Loaded here, because balancers without a shared registry do not need it.
  const redis = await import('@redis/client');
  const address = { host, port, connectTimeout: ABANDONED_MS, reconnectStrategy: false } as const;
  const ca = authorities();
  // RFC 6066: a server name is never an address.
  const tls = {
    ...address,
    tls: true,
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca }),
  } as const;
  const client = redis.createClient({
    socket: url.usesTls ? tls : address,
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    database,
    // The older protocol: an old server then says which version it has.
    RESP: 2,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    commandsQueueMaxLength: MAX_QUEUED,
  });
  return client as unknown as RedisClientType & RedisClient;
}

/** What prevented a connection from opening. In a process that was suspended, the client's own time limit may come first. */
function openingErrorOf(error: Error, { name, url }: RedisTarget): Error {
  const isTooSlow = error instanceof TimeLimitError || error.message === 'Connection timeout';
  if (!isTooSlow) return error;
  if (!url.usesTls) return new TimeLimitError(TIME_LIMIT_MS);
  // A server without TLS waits for the end of what it takes for a command.
  const hint = 'if it does not speak TLS, begin REGISTRY_URL with redis://';
  return new StoreUnavailableError(`${name} opens no TLS connection within ${TIME_LIMIT_MS / 1000} s; ${hint}`);
}

/** Connects, and does what comes first on a connection, which is closed where one of them fails. */
async function prepare<Result>(
  client: RedisClientType & RedisClient,
  target: RedisTarget,
  first: () => Promise<Result>,
): Promise<Result> {
  // A response that cannot be read is an event, and no command ends with it.
  const broken = Promise.withResolvers<never>();
  client.on('error', (error: Error) => broken.reject(openingErrorOf(error, target)));
  const open = within(TIME_LIMIT_MS, client.connect()).catch((error: Error) => {
    throw openingErrorOf(error, target);
  });
  try {
    return await Promise.race([open.then(first), broken.promise]);
  } catch (error) {
    // One that opens later does so although it was destroyed.
    client.once('ready', () => client.destroy());
    close(client);
    throw error;
  }
}

/** Checks that a server is new enough, and may be written. */
async function check(client: RedisClient, name: string): Promise<void> {
  const server = String(await within(TIME_LIMIT_MS, client.sendCommand(['INFO', 'server'])));
  const [, version = ''] = /^redis_version:([\d.]+)/m.exec(server) ?? [];
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor < LEAST_VERSION[1])) {
    throw new StoreUnusableError(
      `${name} must have version ${LEAST_VERSION.join('.')} or newer, and has ${version || 'none'}`,
    );
  }
  const replication = String(await within(TIME_LIMIT_MS, client.sendCommand(['INFO', 'replication'])));
  if (/^role:slave/m.test(replication)) throw new Error('READONLY replica');
}

/** The server itself, or the master that the first Sentinel names which responds. */
async function serverOf(target: RedisTarget): Promise<ServerAddress> {
  const { servers, master } = target.url;
  if (master === undefined) return servers[0];
  try {
    return await Promise.any(servers.map((sentinel) => askSentinel(target, sentinel, master)));
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  }
}

async function askSentinel(target: RedisTarget, sentinel: ServerAddress, master: string): Promise<ServerAddress> {
  const client = await createClient(target, sentinel, {});
  const command = ['SENTINEL', 'get-master-addr-by-name', master];
  const reply = await prepare(client, target, () => within(TIME_LIMIT_MS, client.sendCommand(command)));
  close(client);
  if (!Array.isArray(reply)) throw new StoreUnavailableError(`${target.name}: no Sentinel knows a master ${master}`);
  const [host, port] = reply.map(String);
  return { host, port: Number(port) };
}

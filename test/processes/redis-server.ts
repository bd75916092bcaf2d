// Redis servers as processes, on free ports, that keep nothing on the disk.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { OwnProcess } from './own-process.ts';
import { reservePorts } from './ports.ts';

/** A server that responds. */
export interface RedisServer {
  readonly process: OwnProcess;
  readonly port: number;
  /** For `REGISTRY_URL`. */
  readonly url: string;
  /** Sends a command, as an operator would; returns the reply. */
  readonly command: (...words: string[]) => Promise<unknown>;
}

/** Leaves a function that ends a server. */
type AtEnd = (cleanup: () => Promise<void> | void) => void;

/** Where a server listens, if not on any free port, and how it is ended. */
export interface RedisPlace {
  readonly port?: number;
  readonly atEnd: AtEnd;
}

/** Starts a server; `options` are more of its arguments. */
export async function startRedis(
  path: string,
  options: readonly string[],
  { port: fixed, atEnd }: RedisPlace,
): Promise<RedisServer> {
  const port = fixed ?? (await reservePorts(1))[0];
  const own = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    aFolder(atEnd),
    '--save',
    '',
    '--appendonly',
    'no',
  ];
  return serverAt(port, new OwnProcess('redis-server', [path, ...own, ...options]), atEnd);
}

/** Starts a Sentinel that watches a server under the name `mymaster`. */
export async function startSentinel(path: string, master: RedisServer, atEnd: AtEnd): Promise<RedisServer> {
  const [port] = await reservePorts(1);
  const folder = aFolder(atEnd);
  const file = join(folder, 'sentinel.conf');
  // A Sentinel writes what it learns into its file.
  writeFileSync(
    file,
    `port ${port}\nbind 127.0.0.1\ndir ${folder}\nsentinel monitor mymaster 127.0.0.1 ${master.port} 1\n`,
  );
  return serverAt(port, new OwnProcess('redis-sentinel', [path, file, '--sentinel']), atEnd);
}

/** For what a server writes: a replica keeps what it is sent in a file. */
function aFolder(atEnd: AtEnd): string {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-redis-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function serverAt(port: number, process: OwnProcess, atEnd: AtEnd): Promise<RedisServer> {
  atEnd(() => process.end());
  await process.listening(port);
  const url = `redis://127.0.0.1:${port}`;
  return { process, port, url, command: (...words) => commandAt(url, words) };
}

/** Sends one command on a connection of its own. */
async function commandAt(url: string, words: readonly string[]): Promise<unknown> {
  const client = createClient({ url, RESP: 2 });
  client.on('error', () => {});
  await client.connect();
  try {
    return await client.sendCommand(words);
  } finally {
    client.destroy();
  }
}

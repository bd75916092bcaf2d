// Two balancers that differ in their lane alone, each with a backend of its own, and what can be seen of them.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { RequestRecord } from '@fairlead/contracts';
import { expect } from 'vitest';
import { metricsOf, settled } from '../support/metrics.js';
import { startBalancer, until, type Balancer } from '../support/processes.js';
import { join } from '../support/upstreams.js';
import { levelled, type Observation } from './differences.js';
import { ScriptedBackend } from './scripted-backend.js';
import { WireClient, eventLoopRounds, lastOf, type Transcript } from './wire-client.js';

/** What holds on both sides: nothing that one case does to the balancer is left for the next one. */
const SETTINGS = {
  DATA_PLANE_THREADS: '0',
  DATA_PLANE_HOST: '127.0.0.1',
  CONTROL_PLANE_HOST: '127.0.0.1',
  DEMAND_SOURCE: 'unit',
  ACCESS_LOG: 'off',
  MAX_ATTEMPTS: '2',
  RETRY_BUDGET_MIN_PER_SECOND: '10000',
  PING_ACK_INTERVAL_SECONDS: '1000',
  OUTLIER_CONSECUTIVE_5XX: '0',
  OUTLIER_CONSECUTIVE_GATEWAY_ERRORS: '0',
  OUTLIER_FAILURE_RATIO: '0',
  OUTLIER_LATENCY_FACTOR: '0',
  SLOW_EXCHANGE_SECONDS: '60',
};

/** What the balancer counted since it was last asked. */
export interface Counts {
  readonly requests: number;
  readonly unplaced: number;
  readonly retries: number;
  readonly attempts: number;
  readonly errors: number;
  /** Whether the backend fell under suspicion. */
  readonly isSuspected: boolean;
}

export class Side {
  private before = { requests: 0, unplaced: 0, retries: 0, attempts: 0, errors: 0, sequence: 0 };
  private otherDescriptors = 0;

  private constructor(
    readonly name: string,
    readonly balancer: Balancer,
    readonly backend: ScriptedBackend,
  ) {}

  static async start(name: string, env: Record<string, string>): Promise<Side> {
    const [balancer, backend] = await Promise.all([startBalancer(env), ScriptedBackend.start()]);
    await join(balancer, 'a', backend.port);
    const side = new Side(name, balancer, backend);
    await side.takeCounts();
    side.otherDescriptors = side.descriptors().other;
    return side;
  }

  get port(): number {
    return this.balancer.port;
  }

  /** Runs something on this side and returns the observations, levelled for comparison. */
  async observe(run: (side: Side) => Promise<Transcript>): Promise<Observation> {
    this.backend.takeReceived();
    const transcript = await run(this);
    // What a closed connection cut short may still be on its way to the backend.
    if (transcript.ending !== 'kept') await this.hasRead();
    return levelled({ ...transcript, received: this.backend.takeReceived() });
  }

  /** Resolves when the balancer has read whatever was sent to it before, and the backend what the balancer had sent. */
  async hasRead(): Promise<void> {
    await eventLoopRounds(this.port);
  }

  /** Ends the idle connections to the backend; the balancer knows when this resolves, so that the next request opens one. */
  async dropConnections(): Promise<void> {
    this.backend.hangUp();
    await this.hasRead();
  }

  /** Opens a connection to the backend, where there was none; it is idle when this resolves. */
  async openConnection(): Promise<void> {
    await lastOf(await WireClient.open(this.port));
    await this.hasRead();
  }

  /** The figures once nothing is in flight; the backend is up again when this resolves. */
  async takeCounts(): Promise<Counts> {
    await this.backend.isDone();
    let seen = await metricsOf(this.balancer);
    while (seen.fleet.inFlight > 0) {
      await settled(this.balancer);
      seen = await metricsOf(this.balancer);
    }
    const { fleet, backends, events } = seen;
    const { before } = this;
    const news = events.filter(({ sequence }) => sequence > before.sequence);
    const [{ requests: attempts, state }] = backends;
    const { requests, unplaced, retries, errors } = fleet;
    this.before = { requests, unplaced, retries, attempts, errors, sequence: events.at(-1)?.sequence ?? 0 };
    if (state !== 'up')
      await until('the backend to be up', async () => (await metricsOf(this.balancer)).fleet.up === 1);
    return {
      requests: requests - before.requests,
      unplaced: unplaced - before.unplaced,
      retries: retries - before.retries,
      attempts: attempts - before.attempts,
      errors: errors - before.errors,
      isSuspected: news.some(({ to }) => to === 'suspect'),
    };
  }

  /** What the last `count` requests were logged with, in an order that does not depend on when they ended. */
  async log(count: number): Promise<string[]> {
    const { requests } = (await (await fetch(`${this.balancer.control}/api/v1/requests`)).json()) as {
      requests: RequestRecord[];
    };
    return requests
      .slice(0, count)
      .map((record) => [record.method, record.path, record.status, record.attempts, record.backend].join(' '))
      .sort();
  }

  /** Checks that nothing is left behind: no exchange, no connection, no output on stderr; and that the process still serves. */
  async expectAtRest(): Promise<void> {
    const { process: running } = this.balancer;
    this.backend.hangUp();
    await settled(this.balancer);
    await until(`${this.name} to have closed its connections`, () => this.descriptors().connections.length === 0).catch(
      (error: unknown) => expect(this.descriptors().connections, String(error)).toEqual([]),
    );
    expect(this.descriptors().other, `${this.name}: sockets that are no connections`).toBe(this.otherDescriptors);
    expect(running.stderr, `${this.name}: stderr`).toBe('');
    expect(running.hasEnded, `${this.name}: has ended`).toBe(false);
    expect((await metricsOf(this.balancer)).fleet).toMatchObject({ inFlight: 0, queued: 0 });
  }

  /** Resident memory, bytes. */
  get memoryBytes(): number {
    const status = readFileSync(`/proc/${this.balancer.process.child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  }

  /** Sockets of the process: connections of the data plane, and those that are neither these nor the control plane's. */
  private descriptors(): { readonly connections: readonly Connection[]; readonly other: number } {
    const { pid } = this.balancer.process.child;
    const inodes = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => inodeOf(`/proc/${pid}/fd/${fd}`));
    const known = new Map(['tcp', 'tcp6'].flatMap((table) => connectionsIn(`/proc/${pid}/net/${table}`)));
    const controlPort = Number(new URL(this.balancer.control).port);
    const tcp = inodes.flatMap((inode) => known.get(inode) ?? []);
    return {
      connections: tcp.filter(({ isListening, localPort }) => !isListening && localPort !== controlPort),
      other: inodes.length - tcp.length,
    };
  }
}

/** Both sides. */
export interface Pair {
  readonly fast: Side;
  readonly full: Side;
}

/** Starts both; `fastOnly` is what the one is given beyond the other, to see whether that is noticed. */
export async function startPair(
  env: Record<string, string> = {},
  fastOnly: Record<string, string> = {},
): Promise<Pair> {
  const [fast, full] = await Promise.all([
    Side.start('FAST_LANE=on', { ...SETTINGS, ...env, FAST_LANE: 'on', ...fastOnly }),
    Side.start('FAST_LANE=off', { ...SETTINGS, ...env, FAST_LANE: 'off' }),
  ]);
  return { fast, full };
}

/** Does the same on both at the same time. */
export function onBoth<Seen>({ fast, full }: Pair, run: (side: Side) => Promise<Seen>): Promise<[Seen, Seen]> {
  return Promise.all([run(fast), run(full)]);
}

/** Something that differs and is not on the list. */
export interface Mismatch {
  readonly name: string;
  readonly fast: string;
  readonly full: string;
}

/** What is seen on one side and not the same on the other: one, or none. */
export function difference(name: string, [fast, full]: readonly [unknown, unknown]): Mismatch[] {
  return isDeepStrictEqual(fast, full) ? [] : [{ name, fast: shown(fast), full: shown(full) }];
}

/** Long bodies and values are cut: what matters is at the beginning, and the length. */
const SHOWN_CHARACTERS = 200;

function shown(seen: unknown): string {
  return JSON.stringify(seen, (_, value: unknown) => {
    const isLong = typeof value === 'string' && value.length > SHOWN_CHARACTERS;
    return isLong ? `${value.slice(0, SHOWN_CHARACTERS)}… (${value.length})` : value;
  });
}

export async function expectBothAtRest(pair: Pair): Promise<void> {
  await onBoth(pair, (side) => side.expectAtRest());
}

function inodeOf(descriptor: string): string[] {
  try {
    return [...(/^socket:\[(\d+)\]$/.exec(readlinkSync(descriptor)) ?? [])].slice(1);
  } catch {
    // Closed meanwhile.
    return [];
  }
}

interface Connection {
  readonly isListening: boolean;
  readonly localPort: number;
  readonly remotePort: number;
  /** As the kernel numbers them: 01 established, 08 waiting for a close on this side. */
  readonly state: string;
}

/** The kernel's table: local address, remote address, state (0A: listening), …, inode. Ports are hexadecimal. */
function connectionsIn(file: string): [string, Connection][] {
  const lines = readFileSync(file, 'utf8').trim().split('\n').slice(1);
  return lines.map((line) => {
    const columns = line.trim().split(/\s+/);
    const [localPort, remotePort] = [columns[1], columns[2]].map((address) =>
      Number.parseInt(address.split(':')[1], 16),
    );
    const state = columns[3];
    return [columns[9], { isListening: state === '0A', localPort, remotePort, state }];
  });
}

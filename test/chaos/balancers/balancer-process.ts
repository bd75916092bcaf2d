// The harness's handle of a balancer of any kind.
import { readFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../processes/until.ts';
import { ChaosProcess } from '../processes.ts';
import type { BalancerName, BalancerOptions, BalancerUnderTest } from '../scenario.ts';
import { fairlead } from './fairlead.ts';
import { haproxy } from './haproxy.ts';
import type { Launch, Launcher, Site } from './launch.ts';
import { nginx } from './nginx.ts';

const LAUNCHERS: Readonly<Record<BalancerName, Launcher>> = { fairlead, nginx, haproxy };
const RELOAD_MS = 120_000;

export class BalancerProcess implements BalancerUnderTest {
  private process: ChaosProcess;
  private readonly site: Site;
  private readonly launch: Launch;
  private readonly prefix: readonly string[];

  private constructor(site: Site, launch: Launch, prefix: readonly string[]) {
    this.site = site;
    this.launch = launch;
    this.prefix = prefix;
    this.process = this.spawn();
  }

  /** Resolves when all ports listen and, for Fairlead, the expected backends are up. */
  static async start(name: BalancerName, site: Site, options: BalancerOptions): Promise<BalancerProcess> {
    const launch = LAUNCHERS[name](site, options);
    mkdirSync(site.folder, { recursive: true });
    for (const [file, text] of Object.entries(launch.files)) writeFileSync(join(site.folder, file), text);
    const balancer = new BalancerProcess(site, launch, options.prefix ?? []);
    await balancer.process.listening(site.port);
    await until(`all of ${name} to listen`, () => balancer.output.includes(launch.listening ?? ''));
    await seenUp(balancer, options.awaited ?? options.backends.map(({ id }) => id));
    return balancer;
  }

  get name(): BalancerName {
    return this.launch.name;
  }

  get port(): number {
    return this.site.tls?.port ?? this.site.port;
  }

  get control(): string {
    return `http://127.0.0.1:${this.site.controlPort}`;
  }

  get pid(): number {
    return this.process.pid;
  }

  get hasEnded(): boolean {
    return this.process.hasEnded;
  }

  get output(): string {
    return this.process.tail;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    return this.process.stop(signal);
  }

  async start(): Promise<void> {
    if (!this.hasEnded) throw new Error(`${this.name} still runs`);
    this.process = this.spawn();
    await this.process.listening(this.port);
  }

  /** Kills it and its children: a supervisor's balancers are in their own process groups. */
  async end(): Promise<void> {
    const children = this.hasEnded ? [] : childrenOf(this.pid);
    await this.process.end();
    children.forEach(killIfRunning);
  }

  async reload(): Promise<void> {
    const { reloaded, reloadSignal } = this.launch;
    const before = childrenOf(this.pid);
    const isDone =
      reloaded === undefined
        ? until(`${this.name} to have reloaded`, () => areOthers(before, childrenOf(this.pid)), RELOAD_MS)
        : this.process.says(reloaded, RELOAD_MS);
    this.process.signal(reloadSignal);
    await isDone;
  }

  private spawn(): ChaosProcess {
    return new ChaosProcess(this.name, [...this.prefix, ...this.launch.command], {
      env: this.launch.env,
      hasChildren: true,
    });
  }
}

/** Waits until Fairlead reports all of them up; the other balancers have no such state. */
export async function seenUp(balancer: BalancerUnderTest, ids: readonly string[]): Promise<void> {
  if (balancer.name !== 'fairlead') return;
  await until(`Fairlead to see ${ids.join(', ')} up`, async () => {
    if (balancer.hasEnded) throw new Error(`Fairlead ended by itself: ${balancer.output.trim().slice(-1_000)}`);
    const states = await fleetStates(balancer.control);
    return states !== undefined && ids.every((id) => states.get(id) === 'up');
  });
}

/** The states of Fairlead's backends by id; undefined when it does not respond. */
export async function fleetStates(control: string): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    const response = await fetch(`${control}/api/v1/backends`, { signal: AbortSignal.timeout(2_000) });
    const { backends } = (await response.json()) as { backends: readonly { id: string; state: string }[] };
    return new Map(backends.map(({ id, state }) => [id, state]));
  } catch {
    return undefined;
  }
}

function killIfRunning(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function areOthers(before: readonly number[], now: readonly number[]): boolean {
  return now.length > 0 && !now.some((pid) => before.includes(pid));
}

/** Process ids, as Linux lists them. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

// How much memory a Node process holds once its garbage is collected. V8 lets garbage pile up for minutes before it
// looks for it, far more than anything that a scenario of seconds could leave behind; what is left after a collection
// is what is really held. A process has as many heaps as threads, each of which is collected apart.
import { setTimeout as sleep } from 'node:timers/promises';
import { Inspector, type Isolate } from '../../processes/inspector.ts';
import type { Stage } from '../scenario.ts';
import { residentBytes } from './process-stats.ts';

/** Freed pages are given back to Linux by another thread of V8. Milliseconds. */
const GIVEN_BACK_MS = 200;

/** What one thread holds. */
export interface HeapUse {
  readonly thread: string;
  /** Objects, and the memory outside of the heap that they hold on to, such as that of buffers. */
  readonly bytes: number;
}

export interface Inspectable {
  /** What the balancer must be started with. */
  readonly variables: Readonly<Record<string, string>>;
  /** Where its inspector listens. */
  readonly port: number;
  /** Resident memory of the process after a collection in every thread, bytes. Each stands still for some tens of milliseconds. */
  readonly residentAfterCollection: (balancer: { readonly pid: number }) => Promise<number>;
  /** What each thread holds after a collection, the main thread first. */
  readonly heaps: () => Promise<readonly HeapUse[]>;
}

export async function inspectable(stage: Pick<Stage, 'ports' | 'onEnd'>): Promise<Inspectable> {
  const [port] = await stage.ports(1);
  let inspector: Inspector | undefined;
  stage.onEnd(() => inspector?.close());
  const collect = async (): Promise<readonly Isolate[]> => {
    inspector ??= await attach(port);
    const isolates = [inspector.main, ...inspector.threads];
    for (const isolate of isolates) await collectGarbage(isolate);
    return isolates;
  };
  return {
    variables: { NODE_OPTIONS: `--inspect=127.0.0.1:${port}` },
    port,
    residentAfterCollection: async ({ pid }) => {
      await collect();
      await sleep(GIVEN_BACK_MS);
      return residentBytes(pid);
    },
    heaps: async () => Promise.all((await collect()).map(heapUse)),
  };
}

async function attach(port: number): Promise<Inspector> {
  const response = await fetch(`http://127.0.0.1:${port}/json/list`);
  const [target] = (await response.json()) as readonly { readonly webSocketDebuggerUrl: string }[];
  return Inspector.connect(target.webSocketDebuggerUrl);
}

/** Twice: what only finalizers held on to is garbage for the second. */
async function collectGarbage(isolate: Isolate): Promise<void> {
  await isolate.call('HeapProfiler.collectGarbage');
  await isolate.call('HeapProfiler.collectGarbage');
}

interface HeapUsage {
  readonly usedSize: number;
  readonly backingStorageSize: number;
}

async function heapUse(isolate: Isolate): Promise<HeapUse> {
  const { usedSize, backingStorageSize } = await isolate.call<HeapUsage>('Runtime.getHeapUsage');
  return { thread: isolate.name, bytes: usedSize + backingStorageSize };
}

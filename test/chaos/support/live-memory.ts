// How much memory a Node process holds once its garbage is collected. V8 lets garbage pile up for minutes before it
// looks for it, far more than anything that a scenario of seconds could leave behind; what is left after a collection
// is what is really held. The collection is asked for by the inspector protocol.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../processes/until.ts';
import type { BalancerUnderTest, Stage } from '../scenario.ts';
import { residentBytes } from './process-stats.ts';

/** Freed pages are given back to Linux by another thread of V8. Milliseconds. */
const GIVEN_BACK_MS = 200;

export interface Inspectable {
  /** What the balancer must be started with. */
  readonly variables: Readonly<Record<string, string>>;
  /** Where its inspector listens. */
  readonly port: number;
  /** Resident memory after a collection, bytes. The process stands still for some tens of milliseconds meanwhile. */
  readonly liveBytes: (balancer: BalancerUnderTest) => Promise<number>;
}

export async function inspectable(stage: Stage): Promise<Inspectable> {
  const [port] = await stage.ports(1);
  let session: WebSocket | undefined;
  stage.onEnd(() => session?.close());
  return {
    variables: { NODE_OPTIONS: `--inspect=127.0.0.1:${port}` },
    port,
    liveBytes: async ({ pid }) => {
      session ??= await attach(port);
      // Twice: what only finalizers held on to is garbage for the second.
      await collectGarbage(session);
      await collectGarbage(session);
      await sleep(GIVEN_BACK_MS);
      return residentBytes(pid);
    },
  };
}

async function attach(port: number): Promise<WebSocket> {
  const response = await fetch(`http://127.0.0.1:${port}/json/list`);
  const [target] = (await response.json()) as readonly { readonly webSocketDebuggerUrl: string }[];
  const session = new WebSocket(target.webSocketDebuggerUrl);
  await until('the inspector to answer', () => session.readyState === WebSocket.OPEN);
  return session;
}

async function collectGarbage(session: WebSocket): Promise<void> {
  const answered = once(session, 'message');
  session.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' }));
  await answered;
}

// Backends without processes: one program registers them, spread over the balancers, and renews their leases.
import { BACKEND_SECRET_HEADER, type RegisteredBackend } from '@fairlead/contracts';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How often renewals are sent, milliseconds. */
const TICK_MS = 10;
/** Registrations at a time. */
const BATCH = 32;

/** A backend that is registered. */
export interface Registered {
  readonly id: string;
  /** The control plane that it registered at, and renews at. */
  readonly control: string;
  readonly secret: string | undefined;
}

/** Answers the pings of all backends, each at an address of its own in 127.0.0.0/8. Returns the port. */
export async function startPingTarget(atEnd: (cleanup: () => void) => void): Promise<number> {
  const server = createServer((_, response) => response.end());
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** The backends of a run: `leaseSeconds` is undefined for those that are registered and never renewed. */
export interface Group {
  readonly from: number;
  readonly count: number;
  readonly leaseSeconds: number | undefined;
}

/** Registers backends with these balancers in turn, and adds them to `registered`. @throws {Error} when one is refused. */
export async function registerAll(
  controls: readonly string[],
  { from, count, leaseSeconds }: Group,
  port: number,
  registered: Registered[] = [],
): Promise<Registered[]> {
  for (let first = 0; first < count; first += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, count - first) }, (_, i) => from + first + i);
    registered.push(
      ...(await Promise.all(batch.map((n) => register(controls[n % controls.length], n, leaseSeconds, port)))),
    );
  }
  return registered;
}

async function register(
  control: string,
  n: number,
  leaseSeconds: number | undefined,
  port: number,
): Promise<Registered> {
  const id = `backend-${n}`;
  // Addresses differ, or the second would replace the first.
  const url = `http://127.1.${n >> 8}.${n & 255}:${port}`;
  const response = await fetch(`${control}/api/v1/backends`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      id,
      url,
      resources: { compute: 10, storage: 10 },
      ...(leaseSeconds ? { leaseSeconds } : {}),
    }),
  });
  if (!response.ok) throw new Error(`${control} refused ${id}: ${response.status} ${await response.text()}`);
  const { secret } = (await response.json()) as RegisteredBackend;
  return { id, control, secret };
}

/** Renews every lease once in `everySeconds`, evenly, also those of backends that are added later, until `stop` is called; that returns how many there were. */
export function startRenewals(backends: readonly Registered[], everySeconds: number): { stop: () => Promise<number> } {
  const stopping = new AbortController();
  let renewals = 0;
  let problem: Error | undefined;
  const run = async () => {
    const sent = new Set<Promise<void>>();
    let owed = 0;
    for (let beforeMs = performance.now(); !stopping.signal.aborted;) {
      await sleep(TICK_MS);
      const nowMs = performance.now();
      owed += ((nowMs - beforeMs) / (everySeconds * 1_000)) * backends.length;
      beforeMs = nowMs;
      for (; owed >= 1; owed--) {
        const renewal = renew(backends[renewals++ % backends.length]).catch((error: unknown) => {
          problem ??= error as Error;
        });
        sent.add(renewal);
        void renewal.finally(() => sent.delete(renewal));
      }
    }
    await Promise.all(sent);
  };
  const over = run();
  const stop = async () => {
    stopping.abort();
    await over;
    if (problem) throw problem;
    return renewals;
  };
  return { stop };
}

async function renew({ id, control, secret }: Registered): Promise<void> {
  const response = await fetch(`${control}/api/v1/backends/${id}/lease`, {
    method: 'PUT',
    headers: secret === undefined ? {} : { [BACKEND_SECRET_HEADER]: secret },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${control} refused to renew ${id}: ${response.status} ${text}`);
}

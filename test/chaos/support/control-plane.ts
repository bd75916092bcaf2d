// Requests of the scenarios to Fairlead's control plane.
import type { FleetEvent } from '@fairlead/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventsOf, metricsOf } from '../../support/metrics.ts';
import { HEALTH_PATH } from '../backend/settings.ts';
import { monotonicMs } from '../clock.ts';
import type { ChaosBackend } from '../scenario.ts';

/** A backend that does not register itself. */
export interface Registration {
  readonly id: string;
  readonly url: string;
  /** Pinged by a connection alone when there is none. */
  readonly pingPath?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** What a backend of the suite would register with. */
export function registrationOf({ id, port }: Pick<ChaosBackend, 'id' | 'port'>): Registration {
  return { id, url: `http://127.0.0.1:${port}`, pingPath: HEALTH_PATH };
}

const UP_WITHIN_MS = 60_000;

/** Registers a backend. @throws {Error} when Fairlead refuses it. */
export async function register(control: string, registration: Registration): Promise<void> {
  const response = await fetch(`${control}/api/v1/backends`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...registration, resources: { compute: 100, storage: 100 } }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`Fairlead refused ${registration.id}: ${response.status} ${text}`);
}

/** Asks for a drain, or for its end; resolves when the balancer has acknowledged it. @throws {Error} */
export async function ask(control: string, id: string, what: 'drain' | 'resume'): Promise<void> {
  const response = await fetch(`${control}/api/v1/backends/${id}/${what}`, { method: 'POST' });
  const text = await response.text();
  if (!response.ok) throw new Error(`Fairlead refused to ${what} ${id}: ${response.status} ${text}`);
}

/** Registers backends and waits until all of them are up. */
export async function join(control: string, backends: readonly Registration[]): Promise<void> {
  for (const backend of backends) await register(control, backend);
  const ids = new Set(backends.map(({ id }) => id));
  const areUp = async () =>
    (await metricsOf({ control })).backends.filter(({ id, state }) => ids.has(id) && state === 'up').length ===
    ids.size;
  if ((await msUntil(areUp, UP_WITHIN_MS)) === undefined) throw new Error(`not up in time: ${[...ids].join(', ')}`);
}

/** When a backend was first ejected, on the clock that all processes share; undefined when it was not. */
export async function ejectedAtMs(balancer: { readonly control: string }, id: string): Promise<number | undefined> {
  const event = (await eventsOf(balancer)).find(({ backend, to }) => backend === id && to === 'ejected');
  return event && monotonicMs() - (Date.now() - Date.parse(event.at));
}

/** Has the balancer read its configuration file again; it is in force when this resolves. */
export async function reloadTraffic({ control }: { readonly control: string }): Promise<void> {
  const response = await fetch(`${control}/api/v1/configuration/reload`, { method: 'POST' });
  if (!response.ok) throw new Error(`the file was not reloaded: ${response.status} ${await response.text()}`);
}

/** An event in words, for a detail that has to name it. */
export function wordsOf({ backend, from, to, reason }: FleetEvent): string {
  return `${backend} ${from ?? ''}→${to} (${reason})`;
}

/** How long it took until something held, milliseconds; undefined when it did not within `patienceMs`. */
export async function msUntil(
  holds: () => Promise<boolean> | boolean,
  patienceMs: number,
): Promise<number | undefined> {
  const begun = performance.now();
  for (;;) {
    if (await holds()) return Math.round(performance.now() - begun);
    if (performance.now() - begun > patienceMs) return undefined;
    await sleep(20);
  }
}

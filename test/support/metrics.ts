// Reads a balancer's metrics and events.
import type { FleetEvent, FleetMetrics } from '@fairlead/contracts';
import { until } from '../processes/until.js';
import { bearer } from './bearer.js';

/** A balancer, by the address of its control plane. */
interface Controlled {
  readonly control: string;
}

export async function metricsOf({ control }: Controlled, token?: string): Promise<FleetMetrics> {
  return (await (await fetch(`${control}/api/v1/metrics`, { headers: bearer(token) })).json()) as FleetMetrics;
}

/** The newest events, oldest first. */
export async function eventsOf({ control }: Controlled, token?: string): Promise<FleetEvent[]> {
  const response = await fetch(`${control}/api/v1/events`, { headers: bearer(token) });
  return ((await response.json()) as { events: FleetEvent[] }).events;
}

/** The samples of a metric for Prometheus: values by labels, as they are written. */
export async function samplesOf({ control }: Controlled, name: string): Promise<Record<string, number>> {
  const text = await (await fetch(`${control}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return Object.fromEntries(
    lines.map((line) => {
      const value = line.slice(line.lastIndexOf(' ') + 1);
      return [/\{(.*)\}/.exec(line)?.[1] ?? '', Number(value)];
    }),
  );
}

/** Waits until nothing is in flight: every reservation was released. */
export async function settled(balancer: Controlled): Promise<void> {
  await until('nothing to be in flight', async () => (await metricsOf(balancer)).fleet.inFlight === 0);
}

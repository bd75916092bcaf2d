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

/** Waits until nothing is in flight: every reservation was released. */
export async function settled(balancer: Controlled): Promise<void> {
  await until('nothing to be in flight', async () => (await metricsOf(balancer)).fleet.inFlight === 0);
}

// Reads a balancer's figures.
import type { FleetEvent, FleetMetrics } from '@fairlead/contracts';
import { until, type Balancer } from './processes.js';

export async function metricsOf({ control }: Balancer): Promise<FleetMetrics> {
  return (await (await fetch(`${control}/api/v1/metrics`)).json()) as FleetMetrics;
}

/** The newest events, oldest first. */
export async function eventsOf({ control }: Balancer): Promise<FleetEvent[]> {
  return ((await (await fetch(`${control}/api/v1/events`)).json()) as { events: FleetEvent[] }).events;
}

/** Waits until no exchange is left behind: every reservation was given back. */
export async function settled(balancer: Balancer): Promise<void> {
  await until('nothing to be in flight', async () => (await metricsOf(balancer)).fleet.inFlight === 0);
}

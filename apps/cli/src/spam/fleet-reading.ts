// What the balancer counts of each backend, before and after the load.
import { fleetMetricsSchema } from '@fairlead/contracts';
import { z } from 'zod';

const backendSchema = fleetMetricsSchema.shape.backends.element.pick({
  id: true,
  state: true,
  requests: true,
  errors: true,
  totals: true,
});

const schema = fleetMetricsSchema.pick({ at: true, resources: true }).extend({ backends: z.array(backendSchema) });

/** The counters of the backends at one moment. */
export type FleetReading = z.infer<typeof schema>;

/** The counters of one backend. */
export type BackendReading = z.infer<typeof backendSchema>;

/** `GET /api/v1/metrics`. */
export const FLEET_READING = { path: 'api/v1/metrics', schema, what: 'metrics' } as const;

/** What was added to the counters of each backend that is there after the load. */
export function growthOf(before: FleetReading, after: FleetReading): BackendReading[] {
  return after.backends.map((backend) => {
    const earlier = before.backends.find(({ id }) => id === backend.id);
    return growth(earlier, backend);
  });
}

/** A backend whose counters fell has joined again, so all that it has counted since is growth. */
function growth(before: BackendReading | undefined, after: BackendReading): BackendReading {
  if (!before || before.requests > after.requests) return after;
  const totals = Object.entries(after.totals).map(([name, units]) => [name, units - (before.totals[name] ?? 0)]);
  return {
    ...after,
    requests: after.requests - before.requests,
    errors: after.errors - before.errors,
    totals: Object.fromEntries(totals) as Record<string, number>,
  };
}

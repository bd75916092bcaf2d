// A backend as the API shows it.
import type { BackendView } from '@fairlead/contracts';
import type { LoadTable, ResourceSpace } from '@fairlead/scheduling';
import { stateOf, type Backend } from './backend.js';

/** Renewals that a lease has room for: one may be lost, and another, before it lapses. */
const RENEWALS_PER_LEASE = 3;

/** `now` is monotonic, in seconds. */
export function viewOf(backend: Backend, resources: ResourceSpace, table: LoadTable, now: number): BackendView {
  const { leaseSeconds, draining } = backend;
  return {
    id: backend.id,
    url: backend.url,
    state: stateOf(backend),
    reason: backend.reason,
    since: backend.since.toISOString(),
    registeredAt: backend.registeredAt.toISOString(),
    resources: resources.amountsOf(backend.capacity),
    pingPath: backend.pingPath ?? null,
    labels: { ...backend.labels },
    lease:
      leaseSeconds === undefined
        ? null
        : {
            leaseSeconds,
            renewEverySeconds: leaseSeconds / RENEWALS_PER_LEASE,
            expiresInSeconds: Math.max(0, Math.round((backend.leaseEndsAt - now) * 1000) / 1000),
          },
    inFlight: table.active(backend.slot),
    drain: draining
      ? {
          complete: draining.completedAt !== undefined,
          drainedAt: draining.completedAt?.toISOString() ?? null,
        }
      : null,
  };
}

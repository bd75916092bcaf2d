// A backend as the API shows it.
import type { BackendView } from '@fairlead/contracts';
import type { LoadTable, ResourceSpace } from '@fairlead/scheduling';
import { stateOf, type Backend } from '../registry/backend.js';

/** Renewals that a lease has room for: one may be lost, and another, before it lapses. */
const RENEWALS_PER_LEASE = 3;

/** What a view is made from besides the backend itself. */
export interface BackendViewContext {
  readonly resources: ResourceSpace;
  readonly table: LoadTable;
  /** The limit in force for this backend. */
  readonly maxInFlight: number;
  /** Monotonic time, seconds. */
  readonly now: number;
}

/** The backend as the API shows it. */
export function viewOf(backend: Backend, { resources, table, maxInFlight, now }: BackendViewContext): BackendView {
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
            expiresInSeconds: secondsUntil(backend.leaseEndsAt, now),
          },
    inFlight: table.active(backend.slot),
    maxInFlight,
    drain: draining
      ? {
          complete: draining.completedAt !== undefined,
          drainedAt: draining.completedAt?.toISOString() ?? null,
          cutInSeconds: draining.disconnectsAt === Infinity ? null : secondsUntil(draining.disconnectsAt, now),
        }
      : null,
  };
}

function secondsUntil(moment: number, now: number): number {
  return Math.max(0, Math.round((moment - now) * 1000) / 1000);
}

// The API's view of a backend.
import type { BackendView } from '@fairlead/contracts';
import type { LoadTable, ResourceSpace } from '@fairlead/scheduling';
import { stateOf, type Backend } from '../../registry/backend.js';

/** Renewals per lease: two in a row may be lost before it lapses. */
const RENEWALS_PER_LEASE = 3;

/** What a view is made from besides the backend. */
export interface BackendViewContext {
  readonly resources: ResourceSpace;
  readonly table: LoadTable;
  /** The backend's limit of concurrent exchanges. */
  readonly maxInFlight: number;
  /** Why it gets no requests although it may be up; undefined: it does. */
  readonly withoutRequests: string | undefined;
  /** Monotonic time, seconds. */
  readonly now: number;
  /** Whether the reader may see what the network said. */
  readonly withDetails: boolean;
}

/** The API's view of `backend`. */
export function viewOf(
  backend: Backend,
  { resources, table, maxInFlight, withoutRequests, now, withDetails }: BackendViewContext,
): BackendView {
  const { leaseSeconds, draining } = backend;
  return {
    id: backend.id,
    url: backend.url,
    pool: backend.pool,
    source: backend.source ?? 'registered',
    state: stateOf(backend),
    reason: withoutRequests ?? (withDetails ? backend.reason : backend.publicReason),
    since: backend.since.toISOString(),
    registeredAt: backend.registeredAt.toISOString(),
    resources: backend.capacity && resources.amountsOf(backend.capacity),
    pingPath: backend.pingPath ?? null,
    labels: { ...backend.labels },
    lease:
      leaseSeconds === undefined
        ? null
        : {
            leaseSeconds,
            renewEverySeconds: leaseSeconds / RENEWALS_PER_LEASE,
            expiresInSeconds: backend.leaseEndsAt === Infinity ? null : secondsUntil(backend.leaseEndsAt, now),
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

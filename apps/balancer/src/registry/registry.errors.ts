// The errors of the registry.

/** No backend has that id. */
export class UnknownBackendError extends Error {
  constructor(readonly id: string) {
    super(`there is no backend with the id ${JSON.stringify(id)}`);
  }
}

/** Every row of the load table is in use. */
export class FleetFullError extends Error {
  constructor(maxBackends: number) {
    super(`the fleet is full: MAX_BACKENDS is ${maxBackends}`);
  }
}

/** Too much is registered from one address already. */
export class QuotaExceededError extends Error {}

/** The backend registered without a lease, so there is none to renew. */
export class NoLeaseError extends Error {
  constructor(id: string) {
    super(`${JSON.stringify(id)} has no lease to renew: it registered without leaseSeconds`);
  }
}

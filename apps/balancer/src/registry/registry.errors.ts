// What the registry refuses, and why.

/** No backend of that id. */
export class UnknownBackendError extends Error {
  constructor(readonly id: string) {
    super(`there is no backend with the id ${JSON.stringify(id)}`);
  }
}

/** Every row of the load table is taken. */
export class FleetFullError extends Error {
  constructor(maxBackends: number) {
    super(`the fleet is full: MAX_BACKENDS is ${maxBackends}`);
  }
}

/** Renewal was asked for by a backend that lives by ping-acks alone. */
export class NoLeaseError extends Error {
  constructor(id: string) {
    super(`${JSON.stringify(id)} has no lease to renew: it registered without leaseSeconds and lives by ping-acks`);
  }
}

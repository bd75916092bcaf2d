// The errors of the registry.
import { BACKEND_SECRET_HEADER, type BackendSource } from '@fairlead/contracts';

/** No backend has that id. */
export class UnknownBackendError extends Error {
  constructor(readonly id: string) {
    super(`there is no backend with the id ${JSON.stringify(id)}`);
  }
}

/** The configuration has no pool of that name. */
export class UnknownPoolError extends Error {
  constructor(pool: string, known: readonly string[]) {
    super(`there is no pool ${JSON.stringify(pool)}: the pools are ${known.join(', ')}`);
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

/** No caller of the API decides whether the backend is a member. */
export class NotRegisteredError extends Error {
  constructor(id: string, source: BackendSource) {
    const named = source === 'dns' ? 'was found by DNS: change its records, or' : 'is named by the configuration file:';
    super(`${JSON.stringify(id)} ${named} change the file instead; drain and resume it here`);
  }
}

/** The caller may not change the backend, because another one registered it. */
export class NotOwnerError extends Error {
  constructor(id: string, hasSecret: boolean, role: string) {
    const proof = hasSecret
      ? `its secret as ${BACKEND_SECRET_HEADER}`
      : 'the request from the address that registered it';
    super(`${JSON.stringify(id)} belongs to another caller: send ${proof}, or a token with the role ${role}`);
  }
}

/** The id or the address of a registration belongs to a backend of another caller. */
export class TakenError extends Error {
  constructor(id: string) {
    super(
      `${JSON.stringify(id)} is registered by another address: send its secret as ${BACKEND_SECRET_HEADER}, or a token ` +
        'that is bound to this id or has the role operate, or wait until it has left',
    );
  }
}

/** Another balancer has changed the backend at the same time; that change holds, and this one may be made again. */
export class ConflictingChangeError extends Error {
  constructor(id: string) {
    super(`${JSON.stringify(id)} is being changed with other balancers at the same time: try again`);
  }
}

/** The shared registry has the backend in a form that this balancer cannot change. */
export class ForeignRecordError extends Error {
  constructor(id: string) {
    super(
      `${JSON.stringify(id)} is kept by a newer version of Fairlead, or with other RESOURCES, and this balancer cannot ` +
        'change it: ask another one',
    );
  }
}

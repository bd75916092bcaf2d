// The status of the response to each error of the registry.
import { InvalidRegistrationError } from '../registry/registration-normalizer.js';
import {
  ConflictingChangeError,
  FleetFullError,
  ForeignRecordError,
  NoLeaseError,
  NotOwnerError,
  NotRegisteredError,
  QuotaExceededError,
  TakenError,
  UnknownBackendError,
  UnknownPoolError,
} from '../registry/registry.errors.js';

type ErrorKind = abstract new (...args: never[]) => Error;

const STATUSES: readonly (readonly [number, readonly ErrorKind[]])[] = [
  [400, [InvalidRegistrationError]],
  [403, [NotOwnerError]],
  [404, [UnknownBackendError, UnknownPoolError]],
  // The request does not fit the state of the backend.
  [409, [ForeignRecordError, NoLeaseError, NotRegisteredError, TakenError]],
  [429, [QuotaExceededError]],
  // The request may succeed later.
  [503, [ConflictingChangeError, FleetFullError]],
];

/** Undefined: it is no error of the registry. */
export function statusOf(error: unknown): number | undefined {
  return STATUSES.find(([, kinds]) => kinds.some((kind) => error instanceof kind))?.[0];
}

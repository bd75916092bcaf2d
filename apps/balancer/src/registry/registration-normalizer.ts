// Turns a registration into a backend's spec: fills in defaults, and rejects what does not fit the fleet.
import {
  backendUrl,
  declaredAmounts,
  type OriginalRegistration,
  type Registration,
  type ResourceAmounts,
} from '@fairlead/contracts';
import type { ResourceSpace, ResourceVector } from '@fairlead/scheduling';
import { DEFAULT_POOL } from '@fairlead/traffic-config';
import { hostForUrl } from '../net/address.js';
import type { BackendAccess } from '../net/backend-access.js';
import { endpointOf } from '../net/backend-endpoint.js';
import { idAt } from '../traffic-config/backend-id.js';
import type { BackendSpec } from './backend.js';

/** The registration does not fit this fleet; the message says why. */
export class InvalidRegistrationError extends Error {}

/** What a registration is completed and validated with. */
export interface NormalizationContext {
  /** The address the registration came from. */
  readonly callerAddress: string;
  readonly resources: ResourceSpace;
  /** Where a backend may be. */
  readonly access: BackendAccess;
}

/** From the body of `POST /api/v1/backends`. @throws {InvalidRegistrationError} */
export function normalize(body: Registration, context: NormalizationContext): BackendSpec {
  // An empty body, such as of a call that was not finished, does not register port 80.
  if (body.url === undefined && body.port === undefined && declaredAmounts(body.resources) === undefined) {
    throw new InvalidRegistrationError(
      'the body: give url or port; only a registration with resources may leave out both',
    );
  }
  const url = new URL(body.url ?? callerUrl(context.callerAddress, body.port ?? 80));
  return {
    registeredFrom: context.callerAddress,
    ...identityOf(body.id, url, body.pool ?? DEFAULT_POOL, context),
    capacity: capacityOf(body.resources, context.resources),
    pingPath: body.pingPath,
    leaseSeconds: body.leaseSeconds,
    labels: body.labels ?? {},
    maxInFlight: body.maxInFlight,
  };
}

/** From a registration of the original protocol: two vectors or none, an optional port, and no lease. */
export function normalizeOriginal(body: OriginalRegistration, context: NormalizationContext): BackendSpec {
  const { callerAddress } = context;
  return {
    registeredFrom: callerAddress,
    ...identityOf(undefined, new URL(callerUrl(callerAddress, body.Port ?? 80)), DEFAULT_POOL, context),
    capacity: originalCapacityOf(body, context.resources),
    pingPath: undefined,
    leaseSeconds: undefined,
    labels: {},
    maxInFlight: undefined,
  };
}

function originalCapacityOf(body: OriginalRegistration, resources: ResourceSpace): ResourceVector | undefined {
  const { 'Compute-Vector': compute, 'Storage-Vector': storage } = body;
  if (compute === undefined || storage === undefined) return undefined;
  const capacity = resources.vectorOf({ compute, storage });
  if (capacity.some((units) => units > 0)) return capacity;
  throw new InvalidRegistrationError(
    `this fleet's resources are ${resources.names.join(', ')}: neither compute nor storage`,
  );
}

function identityOf(id: string | undefined, url: URL, pool: string, { access }: NormalizationContext) {
  const { host, port } = endpointOf(url);
  const refusal = access.refusalOf(host, port);
  if (refusal !== undefined) throw new InvalidRegistrationError(`no backend may be at ${url.host}: ${refusal}`);
  const address = backendUrl(url);
  return { id: id ?? idAt(address, pool), url: address, pool };
}

/**
 * Amounts of exactly this fleet's resources as a vector; undefined for a backend that declares nothing.
 *
 * @throws {InvalidRegistrationError}
 */
export function capacityOf(given: ResourceAmounts | undefined, resources: ResourceSpace): ResourceVector | undefined {
  const amounts = declaredAmounts(given);
  if (amounts === undefined) return undefined;
  const fleet = `this fleet's resources are ${resources.names.join(', ')}`;
  const [unknown] = resources.unknownNames(amounts);
  if (unknown !== undefined) throw new InvalidRegistrationError(`resources.${unknown} is unknown: ${fleet}`);
  const missing = resources.names.find((name) => !Object.hasOwn(amounts, name));
  if (missing !== undefined) {
    throw new InvalidRegistrationError(`resources.${missing} is missing (0 if the backend has none): ${fleet}`);
  }
  return resources.vectorOf(amounts);
}

/** The URL of a backend that registers with a port alone. */
export function callerUrl(address: string, port: number): string {
  return `http://${hostForUrl(address)}:${port}`;
}

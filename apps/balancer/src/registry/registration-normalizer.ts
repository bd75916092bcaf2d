// Turns what a backend sent into an announcement: fills in what it left out, and refuses what cannot be.
import type { OriginalRegistration, Registration, ResourceAmounts } from '@fairlead/contracts';
import type { ResourceSpace, ResourceVector } from '@fairlead/scheduling';
import { hostForUrl } from '../net/address.js';
import type { BackendSpec } from './backend.js';

/** The announcement makes no sense to this fleet; the message says why. */
export class InvalidRegistrationError extends Error {}

/** What an announcement is completed and checked with. */
export interface NormalizationContext {
  /** Address the request came from. */
  readonly callerAddress: string;
  readonly resources: ResourceSpace;
  /** Whether a URL leads to this balancer itself. */
  readonly isOwnAddress: (url: URL) => boolean;
}

/** From the body of `POST /api/v1/backends`. @throws {InvalidRegistrationError} */
export function normalize(body: Registration, context: NormalizationContext): BackendSpec {
  const url = new URL(body.url ?? callerUrl(context.callerAddress, body.port ?? 80));
  return {
    ...addressed(body.id, url, context),
    capacity: capacityOf(body.resources, context.resources),
    pingPath: body.pingPath,
    leaseSeconds: body.leaseSeconds,
    labels: body.labels ?? {},
    maxInFlight: body.maxInFlight,
  };
}

/** From a registration of the original protocol; it has two vectors, an optional port, and no lease. */
export function normalizeOriginal(body: OriginalRegistration, context: NormalizationContext): BackendSpec {
  const { resources, callerAddress } = context;
  const amounts = { compute: body['Compute-Vector'], storage: body['Storage-Vector'] };
  const capacity = resources.vectorOf(amounts);
  if (capacity.every((units) => units === 0)) {
    throw new InvalidRegistrationError(`this fleet counts ${resources.names.join(', ')}, and no compute or storage`);
  }
  return {
    ...addressed(undefined, new URL(callerUrl(callerAddress, body.Port ?? 80)), context),
    capacity,
    pingPath: undefined,
    leaseSeconds: undefined,
    labels: {},
    maxInFlight: undefined,
  };
}

function addressed(id: string | undefined, url: URL, { isOwnAddress }: NormalizationContext) {
  if (isOwnAddress(url)) {
    throw new InvalidRegistrationError(`url must not lead to the balancer itself (${url.host}): that would be a loop`);
  }
  const address = url.origin + url.pathname.replace(/\/+$/, '');
  // `http://10.0.0.7` is known as `http://10.0.0.7:80`, as the original protocol writes it.
  const withPort = url.port === '' ? address.replace(url.host, `${url.host}:80`) : address;
  return { id: id ?? withPort, url: withPort };
}

/** Amounts of exactly the resources of this fleet. @throws {InvalidRegistrationError} */
export function capacityOf(amounts: ResourceAmounts, resources: ResourceSpace): ResourceVector {
  const fleet = `this fleet's resources are ${resources.names.join(', ')}`;
  const [unknown] = resources.unknownNames(amounts);
  if (unknown !== undefined) throw new InvalidRegistrationError(`resources.${unknown} is unknown: ${fleet}`);
  const missing = resources.names.find((name) => !Object.hasOwn(amounts, name));
  if (missing !== undefined) {
    throw new InvalidRegistrationError(`resources.${missing} is missing (0 if it has none): ${fleet}`);
  }
  return resources.vectorOf(amounts);
}

function callerUrl(address: string, port: number): string {
  return `http://${hostForUrl(address)}:${port}`;
}

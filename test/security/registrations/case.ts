// The form of the cases of registrations: what is sent to the control plane, and the status that it must get.
import type { IncomingHttpHeaders } from 'node:http';

export interface RegistrationCase {
  readonly name: string;
  /** POST by default. */
  readonly method?: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** Statuses that are right. */
  readonly statuses: readonly number[];
}

/** The status of what is registered, and of what is refused. */
export const ACCEPTED = [200, 201];
export const REFUSED = [400];
/** Of requests that a browser sends for a page of another origin, or under a name that is not the balancer's. */
export const FORBIDDEN = [400, 403, 421];

export const RESOURCES = { compute: 10, storage: 10 };
const JSON_TYPE = { 'content-type': 'application/json' };

/** A registration by the API. A body that is no text is sent as JSON. */
export function registration(
  name: string,
  body: unknown,
  statuses: readonly number[] = REFUSED,
  headers: Readonly<Record<string, string>> = JSON_TYPE,
): RegistrationCase {
  const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return { name, path: '/api/v1/backends', headers, body: bytes, statuses };
}

/** A registration with these fields besides its resources. */
export function withFields(name: string, fields: object, statuses: readonly number[] = REFUSED): RegistrationCase {
  return registration(name, { port: 1, resources: RESOURCES, ...fields }, statuses);
}

/** A registration of this address. */
export function address(url: string, statuses: readonly number[]): RegistrationCase {
  return registration(`url ${url}`, { id: 'attack', url, resources: RESOURCES }, statuses);
}

/** A registration by the original protocol. */
export function original(name: string, body: unknown, statuses: readonly number[] = REFUSED): RegistrationCase {
  return { ...registration(name, body, statuses), path: '/', headers: {} };
}

/** What the control plane sent. */
export interface ControlResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

// A client of the balancer's registration API. Every method resolves to an outcome; none throws.
import {
  BACKEND_SECRET_HEADER,
  problemSchema,
  registeredBackendSchema,
  type BackendView,
  type Registration,
} from '@fairlead/contracts';
import { isUnknownAuthority, type Fetch } from '@fairlead/tls';
import type { ClientTokens } from '@fairlead/tokens';

const REQUEST_TIMEOUT_MS = 5_000;

/** What to do when the balancer asks for a token. */
const TOKEN_OPTIONS = 'set the option token or tokenFile of RegistrationModule to a token with the role register';

/** What to do when the balancer's certificate is signed by an unknown authority. */
const AUTHORITY_OPTION = 'set the option caFile of RegistrationModule to a file with that authority';

/** The balancer carried out the request. */
export interface Accepted {
  readonly kind: 'accepted';
  readonly status: number;
  readonly body: unknown;
}

/** The balancer refused the request and would refuse it again: a 4xx, or a redirect. */
export interface Refused {
  readonly kind: 'refused';
  readonly status: number;
  readonly message: string;
}

/** No usable response, so worth a retry: no connection, a timeout, 408, 429, a 5xx, or a body that is not a backend. */
export interface Failed {
  readonly kind: 'failed';
  readonly reason: string;
  /** `Retry-After` of the response, milliseconds; undefined if it had none. */
  readonly retryAfterMs?: number | undefined;
}

/** How a request to the balancer ended. */
export type Outcome = Accepted | Refused | Failed;

/** A successful registration: the backend as the balancer now sees it. */
export interface GrantedRegistration {
  readonly kind: 'registered';
  readonly view: BackendView;
}

/** Calls the registration API of one balancer, for one backend. */
export class RegistrationClient {
  private readonly backends: URL;
  /** The backend's secret. The balancer sends a new one when it gives the backend to this client. */
  private secret: string | undefined;

  constructor(
    balancerUrl: string | URL,
    private readonly tokens: ClientTokens,
    private readonly fetch: Fetch,
  ) {
    this.backends = new URL('api/v1/backends', withTrailingSlash(balancerUrl));
  }

  async register(registration: Registration): Promise<GrantedRegistration | Refused | Failed> {
    const outcome = await this.request('POST', this.backends, registration);
    if (outcome.kind !== 'accepted') return outcome;
    const parsed = registeredBackendSchema.safeParse(outcome.body);
    if (parsed.success) {
      const { secret, ...view } = parsed.data;
      this.secret = secret ?? this.secret;
      return { kind: 'registered', view };
    }
    const { path, message } = parsed.error.issues[0];
    return { kind: 'failed', reason: `its response is not a backend: ${path.join('.') || 'body'}: ${message}` };
  }

  /** Renews the lease. A refusal with status 404 means that the balancer no longer knows the backend. */
  renew(id: string): Promise<Outcome> {
    return this.request('PUT', this.urlOf(id, '/lease'));
  }

  /** Deregisters the backend. Status 202 means that the balancer drains it first. */
  leave(id: string): Promise<Outcome> {
    return this.request('DELETE', this.urlOf(id));
  }

  /** Reads the backend. A refusal with status 404 means that it is gone. */
  find(id: string): Promise<Outcome> {
    return this.request('GET', this.urlOf(id));
  }

  private urlOf(id: string, suffix = ''): URL {
    // The id may be a URL; its slashes must not separate path segments.
    return new URL(`${this.backends.href}/${encodeURIComponent(id)}${suffix}`);
  }

  private async request(method: string, url: URL, body?: unknown): Promise<Outcome> {
    const own: Record<string, string> = {};
    if (this.secret !== undefined) own[BACKEND_SECRET_HEADER] = this.secret;
    if (body !== undefined) own['content-type'] = 'application/json';
    const options = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    try {
      const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
      const response = await this.tokens.send((headers) =>
        this.fetch(url, { ...options, redirect: 'manual', signal, headers: { ...own, ...headers } }),
      );
      return outcomeOf(response, jsonOrText(await response.text()));
    } catch (error) {
      return { kind: 'failed', reason: reasonOf(error) };
    }
  }
}

function outcomeOf({ status, headers }: Response, body: unknown): Outcome {
  if (status >= 200 && status < 300) return { kind: 'accepted', status, body };
  const message = messageOf(status, body);
  if (status >= 500 || status === 408 || status === 429) {
    return { kind: 'failed', reason: message, retryAfterMs: retryAfterMsOf(headers) };
  }
  return { kind: 'refused', status, message: status === 401 ? `${message} (${TOKEN_OPTIONS})` : message };
}

/** Reads the form in seconds (RFC 9110, section 10.2.3), which the balancer uses. A date would compare two clocks. */
function retryAfterMsOf(headers: Headers): number | undefined {
  const seconds = headers.get('retry-after') ?? '';
  return /^\d{1,9}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}

function messageOf(status: number, body: unknown): string {
  const problem = problemSchema.safeParse(body);
  return problem.success ? problem.data.message : `status ${status}`;
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no response within ${REQUEST_TIMEOUT_MS / 1000} s`;
  if (isUnknownAuthority(error)) return `its certificate is signed by an unknown authority (${AUTHORITY_OPTION})`;
  // For every network error fetch throws "fetch failed", with the original error as its cause.
  return error.cause instanceof Error ? error.cause.message || errorCode(error.cause) : error.message;
}

/** An AggregateError of connection attempts (IPv6, then IPv4) has a code and no message. */
function errorCode(error: Error): string {
  return 'code' in error ? String(error.code) : error.name;
}

function withTrailingSlash(url: string | URL): string {
  const { href } = new URL(url);
  return href.endsWith('/') ? href : `${href}/`;
}

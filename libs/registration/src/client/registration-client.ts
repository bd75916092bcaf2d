// A client of the balancer's registration API. Every method resolves to an outcome; none throws.
import {
  BACKEND_SECRET_HEADER,
  REGISTRY_HEADER,
  problemSchema,
  registeredBackendSchema,
  type BackendView,
  type Registration,
} from '@fairlead/contracts';
import { isUnknownAuthority, type Fetch } from '@fairlead/tls';
import type { ClientTokens } from '@fairlead/tokens';

/** How long the balancer may take to respond. */
export const REQUEST_TIMEOUT_MS = 5_000;

/** The balancer carried out the request. */
export interface Accepted {
  readonly kind: 'accepted';
  readonly status: number;
  readonly body: unknown;
  /** Whether the other balancers do not hear of it, because this one cannot reach the registry that they share. */
  readonly isRegistryAway: boolean;
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

/** What a balancer knows this backend by. */
export interface Claim {
  readonly id: string;
  /** Proves that the backend is this client's. The balancer sends a new one when it gives the backend to this client. */
  readonly secret: string | undefined;
}

/** What all clients of one backend have in common. */
export interface ClientSettings {
  readonly tokens: ClientTokens;
  readonly fetch: Fetch;
  readonly advice: MembershipAdvice;
}

/** What the user of a membership is to do about an error, as the end of a message. */
export interface MembershipAdvice {
  /** The balancer does not accept the token, or there is none. */
  readonly token: string;
  /** The certificate of the balancer is signed by an unknown authority. */
  readonly authority: string;
}

/** The advice to set options of `name`, such as `RegistrationModule`. */
export function adviceFor(name: string): MembershipAdvice {
  return {
    token: `set the option token or tokenFile of ${name} to a token with the role register`,
    authority: `set the option caFile of ${name} to a file with that authority`,
  };
}

/** Calls the registration API of one balancer, for one backend. */
export class RegistrationClient {
  /** Undefined before the first registration. It may be another client's, as both may reach the same balancer. */
  claim: Claim | undefined;
  /** Whether this balancer has accepted a registration or a renewal. */
  hasAccepted = false;
  private readonly backends: URL;

  constructor(
    private readonly balancerUrl: URL,
    private readonly settings: ClientSettings,
  ) {
    this.backends = new URL('api/v1/backends', withTrailingSlash(balancerUrl));
  }

  /** Scheme, host and port of the balancer. */
  get origin(): string {
    return this.balancerUrl.origin;
  }

  /** The balancer, as messages call it. */
  get name(): string {
    return `the balancer at ${this.origin}`;
  }

  async register(registration: Registration): Promise<GrantedRegistration | Refused | Failed> {
    const outcome = await this.request('POST', this.backends, { body: registration });
    if (outcome.kind !== 'accepted') return outcome;
    const parsed = registeredBackendSchema.safeParse(outcome.body);
    if (parsed.success) {
      const { secret, ...view } = parsed.data;
      this.claim = { id: view.id, secret: secret ?? this.claim?.secret };
      this.hasAccepted = true;
      return { kind: 'registered', view };
    }
    const { path, message } = parsed.error.issues[0];
    return { kind: 'failed', reason: `its response is not a backend: ${path.join('.') || 'body'}: ${message}` };
  }

  /** Renews the lease. A refusal with status 404 means that the balancer no longer knows the backend. */
  async renew(id: string, timeoutMs: number): Promise<Outcome> {
    const outcome = await this.request('PUT', this.urlOf(id, '/lease'), { timeoutMs });
    this.hasAccepted ||= outcome.kind === 'accepted';
    return outcome;
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

  private async request(
    method: string,
    url: URL,
    { body, timeoutMs = REQUEST_TIMEOUT_MS }: { readonly body?: unknown; readonly timeoutMs?: number } = {},
  ): Promise<Outcome> {
    const { tokens, fetch, advice } = this.settings;
    const own: Record<string, string> = {};
    if (this.claim?.secret !== undefined) own[BACKEND_SECRET_HEADER] = this.claim.secret;
    if (body !== undefined) own['content-type'] = 'application/json';
    const options = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const response = await tokens.send((headers) =>
        fetch(url, { ...options, redirect: 'manual', signal, headers: { ...own, ...headers } }),
      );
      return outcomeOf(response, jsonOrText(await response.text()), advice);
    } catch (error) {
      return { kind: 'failed', reason: reasonOf(error, timeoutMs, advice) };
    }
  }
}

function outcomeOf({ status, headers }: Response, body: unknown, advice: MembershipAdvice): Outcome {
  if (status >= 200 && status < 300) {
    return { kind: 'accepted', status, body, isRegistryAway: headers.get(REGISTRY_HEADER) === 'away' };
  }
  const message = messageOf(status, body);
  if (status >= 500 || status === 408 || status === 429) {
    return { kind: 'failed', reason: message, retryAfterMs: retryAfterMsOf(headers) };
  }
  if (status !== 401) return { kind: 'refused', status, message };
  return { kind: 'refused', status, message: `${message} (${advice.token})` };
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

function reasonOf(error: unknown, timeoutMs: number, advice: MembershipAdvice): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no response within ${timeoutMs / 1000} s`;
  if (isUnknownAuthority(error)) return `its certificate is signed by an unknown authority (${advice.authority})`;
  // For every network error fetch throws "fetch failed", with the original error as its cause.
  return error.cause instanceof Error ? error.cause.message || errorCode(error.cause) : error.message;
}

/** An AggregateError of connection attempts (IPv6, then IPv4) has a code and no message. */
function errorCode(error: Error): string {
  return 'code' in error ? String(error.code) : error.name;
}

function withTrailingSlash({ href }: URL): string {
  return href.endsWith('/') ? href : `${href}/`;
}

// The balancer's registration API as a backend sees it: every request ends in one of three answers, none throws.
import { backendViewSchema, problemSchema, type BackendView, type Registration } from '@fairlead/contracts';

const REQUEST_TIMEOUT_MS = 5_000;

/** The balancer did what it was asked. */
export interface Accepted {
  readonly kind: 'accepted';
  readonly status: number;
  readonly body: unknown;
}

/** The balancer said no, and would say so again: a 4xx, or a redirect. */
export interface Refused {
  readonly kind: 'refused';
  readonly status: number;
  readonly message: string;
}

/** There was no usable answer: no connection, a timeout, 408, 429, a 5xx, or no backend in the body. Worth another try. */
export interface Failed {
  readonly kind: 'failed';
  readonly reason: string;
  /** How long the balancer asked to be left alone (`Retry-After`), milliseconds; absent where it did not. */
  readonly retryAfterMs?: number | undefined;
}

export type Answer = Accepted | Refused | Failed;

/** The answer to a registration: the backend as the balancer now sees it. */
export interface Registered {
  readonly kind: 'registered';
  readonly view: BackendView;
}

export class RegistrationClient {
  private readonly backends: URL;
  private readonly headers: Readonly<Record<string, string>>;

  constructor(balancerUrl: string | URL, token?: string) {
    this.backends = new URL('api/v1/backends', withTrailingSlash(balancerUrl));
    this.headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  async register(registration: Registration): Promise<Registered | Refused | Failed> {
    const answer = await this.ask('POST', this.backends, registration);
    if (answer.kind !== 'accepted') return answer;
    const parsed = backendViewSchema.safeParse(answer.body);
    if (parsed.success) return { kind: 'registered', view: parsed.data };
    const { path, message } = parsed.error.issues[0];
    return { kind: 'failed', reason: `its answer is no backend: ${path.join('.') || 'body'}: ${message}` };
  }

  /** Renews the lease; a refusal with status 404 means that the balancer does not know the backend any more. */
  renew(id: string): Promise<Answer> {
    return this.ask('PUT', this.urlOf(id, '/lease'));
  }

  /** Asks to be let go. Status 202: the balancer drains first. */
  leave(id: string): Promise<Answer> {
    return this.ask('DELETE', this.urlOf(id));
  }

  /** Asks for the backend; a refusal with status 404 means that it is gone. */
  find(id: string): Promise<Answer> {
    return this.ask('GET', this.urlOf(id));
  }

  private urlOf(id: string, suffix = ''): URL {
    // The id may be a URL, whose slashes must not become path segments.
    return new URL(`${this.backends.href}/${encodeURIComponent(id)}${suffix}`);
  }

  private async ask(method: string, url: URL, body?: unknown): Promise<Answer> {
    const payload =
      body === undefined
        ? { headers: this.headers }
        : { headers: { ...this.headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
    try {
      const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
      const response = await fetch(url, { method, redirect: 'manual', signal, ...payload });
      return judge(response, jsonOrText(await response.text()));
    } catch (error) {
      return { kind: 'failed', reason: reasonOf(error) };
    }
  }
}

function judge({ status, headers }: Response, body: unknown): Answer {
  if (status >= 200 && status < 300) return { kind: 'accepted', status, body };
  const message = messageOf(status, body);
  if (status >= 500 || status === 408 || status === 429) {
    return { kind: 'failed', reason: message, retryAfterMs: retryAfterMsOf(headers) };
  }
  return { kind: 'refused', status, message };
}

/** Its form in seconds (RFC 9110, section 10.2.3), which the balancer uses; a date would depend on two wall clocks. */
function retryAfterMsOf(headers: Headers): number | undefined {
  const seconds = headers.get('retry-after') ?? '';
  return /^\d{1,9}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}

function messageOf(status: number, body: unknown): string {
  const problem = problemSchema.safeParse(body);
  return problem.success ? problem.data.message : `it answered ${status}`;
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
  if (error.name === 'TimeoutError') return `no answer within ${REQUEST_TIMEOUT_MS / 1000} s`;
  // fetch hides what happened on the socket behind "fetch failed".
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

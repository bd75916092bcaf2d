// A small balancer for tests: a real HTTP server that keeps backends in a map, and can be scripted to misbehave.
import { registrationSchema, type BackendView, type LeaseView } from '@fairlead/contracts';
import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { json, text } from 'node:stream/consumers';
import { RestartableServer } from './restartable-server.js';

/** One request as the balancer received it. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

interface ScriptedResponse {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Grants a lease to every registration that asks for one, to be renewed every 20 ms unless the test changes that. */
export class FakeBalancer extends RestartableServer {
  readonly backends = new Map<string, BackendView>();
  /** While true, a backend that deregisters stays in state `draining`. */
  isBusy = false;
  renewEverySeconds = 0.02;
  /** Sent to every backend that registers. */
  secret: string | undefined;
  private isHanging = false;
  private readonly calls: Call[] = [];
  private readonly arrivals = new EventEmitter();
  private readonly script: ScriptedResponse[] = [];

  /** The next calls get these responses, one each; later calls get the usual ones. */
  respondNext(...responses: readonly ScriptedResponse[]): void {
    this.script.push(...responses);
  }

  /** From now on it does not respond. */
  hang(): void {
    this.isHanging = true;
  }

  /** Resolves to the oldest unread call with this method, and discards the calls before it. */
  async next(method: string): Promise<Call> {
    for (;;) {
      const call = this.calls.shift();
      if (call === undefined) await once(this.arrivals, 'call');
      else if (call.method === method) return call;
    }
  }

  protected async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.isHanging) return;
    const { method = '', url = '', headers } = request;
    const body = method === 'POST' ? await json(request) : await text(request);
    const call = { method, path: url, headers, body };
    const scripted = this.script.shift() ?? this.responseTo(call);
    response.writeHead(scripted.status, { 'content-type': 'application/json', ...scripted.headers });
    response.end(scripted.body === undefined ? '' : JSON.stringify(scripted.body));
    this.calls.push(call);
    this.arrivals.emit('call');
  }

  private responseTo({ method, path, body }: Call): ScriptedResponse {
    if (method === 'POST') return this.register(body);
    const id = decodeURIComponent(path.split('/')[4]);
    const backend = this.backends.get(id);
    if (!backend) return problem(404, `no backend is called ${id}`);
    if (method !== 'DELETE') return { status: 200, body: backend };
    if (this.isBusy) return { status: 202, body: { ...backend, state: 'draining' } };
    this.backends.delete(id);
    return { status: 200, body: { ...backend, state: 'gone' } };
  }

  private register(body: unknown): ScriptedResponse {
    const {
      id,
      url,
      port,
      pool = 'default',
      resources,
      pingPath,
      leaseSeconds,
      labels,
    } = registrationSchema.parse(body);
    const address = url ?? `http://127.0.0.1:${port ?? 80}`;
    const view: BackendView = {
      id: id ?? address,
      url: address,
      pool,
      source: 'registered',
      state: 'up',
      reason: 'registered',
      since: '2026-11-22T00:00:00.000Z',
      registeredAt: '2026-11-22T00:00:00.000Z',
      resources,
      pingPath: pingPath ?? null,
      labels: labels ?? {},
      lease: leaseSeconds === undefined ? null : this.leaseOf(leaseSeconds),
      maxInFlight: 1024,
      inFlight: 0,
      drain: null,
    };
    const status = this.backends.has(view.id) ? 200 : 201;
    this.backends.set(view.id, view);
    return { status, body: this.secret === undefined ? view : { ...view, secret: this.secret } };
  }

  private leaseOf(leaseSeconds: number): LeaseView {
    return { leaseSeconds, renewEverySeconds: this.renewEverySeconds, expiresInSeconds: leaseSeconds };
  }
}

/** An error response in the format of the API. */
export function problem(statusCode: number, message: string): ScriptedResponse {
  return { status: statusCode, body: { statusCode, error: 'Error', message } };
}

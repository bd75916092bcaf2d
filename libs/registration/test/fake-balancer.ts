// A balancer of a few lines for tests: a real HTTP server that keeps backends in a map and can be told to misbehave.
import { registrationSchema, type BackendView, type LeaseView } from '@fairlead/contracts';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json, text } from 'node:stream/consumers';

/** One request as the balancer saw it. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

interface ScriptedAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers every registration with a lease, to be renewed every 20 ms at first, or with none when none was asked for. */
export class FakeBalancer {
  readonly backends = new Map<string, BackendView>();
  /** While true, a backend that leaves is kept in state `draining`. */
  isBusy = false;
  renewEverySeconds = 0.02;
  private server: Server | undefined;
  private port = 0;
  private readonly calls: Call[] = [];
  private readonly arrivals = new EventEmitter();
  private readonly script: ScriptedAnswer[] = [];

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts listening; the second time on the port of the first. */
  async start(): Promise<this> {
    this.server = createServer((request, response) => void this.handle(request, response));
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    if (!this.server?.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  /** The next calls are answered so, one after the other, before the usual answers come again. */
  willAnswer(...answers: readonly ScriptedAnswer[]): void {
    this.script.push(...answers);
  }

  /** Resolves with the oldest call of this method that was not asked for yet, and forgets the calls before it. */
  async next(method: string): Promise<Call> {
    for (;;) {
      const call = this.calls.shift();
      if (call === undefined) await once(this.arrivals, 'call');
      else if (call.method === method) return call;
    }
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const body = method === 'POST' ? await json(request) : await text(request);
    const call = { method, path: url, headers, body };
    const answer = this.script.shift() ?? this.answerTo(call);
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
    this.calls.push(call);
    this.arrivals.emit('call');
  }

  private answerTo({ method, path, body }: Call): ScriptedAnswer {
    if (method === 'POST') return this.register(body);
    const id = decodeURIComponent(path.split('/')[4]);
    const backend = this.backends.get(id);
    if (!backend) return problem(404, `no backend is called ${id}`);
    if (method !== 'DELETE') return { status: 200, body: backend };
    if (this.isBusy) return { status: 202, body: { ...backend, state: 'draining' } };
    this.backends.delete(id);
    return { status: 200, body: { ...backend, state: 'gone' } };
  }

  private register(body: unknown): ScriptedAnswer {
    const { id, url, port, resources, pingPath, leaseSeconds, labels } = registrationSchema.parse(body);
    const address = url ?? `http://127.0.0.1:${port ?? 80}`;
    const view: BackendView = {
      id: id ?? address,
      url: address,
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
    return { status, body: view };
  }

  private leaseOf(leaseSeconds: number): LeaseView {
    return { leaseSeconds, renewEverySeconds: this.renewEverySeconds, expiresInSeconds: leaseSeconds };
  }
}

/** An error answer in the API's own form. */
export function problem(statusCode: number, message: string): ScriptedAnswer {
  return { status: statusCode, body: { statusCode, error: 'Error', message } };
}

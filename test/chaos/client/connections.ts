// The connections of the client to one port, and the requests that wait for one of them.
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'undici';
import { answerBody, ID_HEADER } from '../answer-body.ts';
import { monotonicMs } from '../clock.ts';
import type { RequestRecord } from '../scenario.ts';
import type { Task } from './orders.ts';

/** Connections are closed by the balancer, not by the client: 10 min. */
const KEEP_ALIVE_MS = 600_000;

export interface Request {
  readonly id: string;
  readonly method: 'GET' | 'POST';
  readonly dueMs: number;
}

/** Kept-alive connections. The one that was idle for longest is taken, so that all are used. */
export class Connections {
  readonly port: number;
  private readonly free: Client[];
  private readonly waiting: Request[] = [];
  private readonly note: (record: RequestRecord) => void;
  private outstanding = 0;

  constructor(
    port: number,
    count: number,
    { isSecure, patienceMs }: Pick<Task, 'isSecure' | 'patienceMs'>,
    note: (record: RequestRecord) => void,
  ) {
    const options = {
      pipelining: 1,
      connectTimeout: patienceMs,
      headersTimeout: patienceMs,
      bodyTimeout: patienceMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
    };
    const origin = `${isSecure ? 'https' : 'http'}://127.0.0.1:${port}`;
    const connect = { rejectUnauthorized: false };
    this.port = port;
    this.note = note;
    this.free = Array.from({ length: count }, () => new Client(origin, { ...options, connect }));
  }

  submit(request: Request): void {
    this.outstanding++;
    const connection = this.free.shift();
    if (connection) void this.serve(connection, request);
    else this.waiting.push(request);
  }

  /** Closed loop: every connection has a request, until there is no next one. */
  async keepBusy(next: () => Request | undefined): Promise<void> {
    const loop = async (connection: Client): Promise<void> => {
      for (let request = next(); request; request = next()) this.note(await this.exchange(connection, request));
    };
    await Promise.all(this.free.map(loop));
  }

  async idle(): Promise<void> {
    while (this.outstanding > 0) await sleep(5);
  }

  private async serve(connection: Client, first: Request): Promise<void> {
    for (let request: Request | undefined = first; request; request = this.waiting.shift()) {
      this.note(await this.exchange(connection, request));
      this.outstanding--;
    }
    this.free.push(connection);
  }

  /** Sends a request once, and records the result. */
  private async exchange(connection: Client, { id, method, dueMs }: Request): Promise<RequestRecord> {
    const sentMs = monotonicMs();
    const about = { id, method, port: this.port, dueMs, sentMs };
    let status = 0;
    let retryAfter: string | undefined;
    try {
      const answer = await connection.request({
        path: '/',
        method,
        headers: { [ID_HEADER]: id },
        body: method === 'POST' ? id : null,
      });
      status = answer.statusCode;
      retryAfter = answer.headers['retry-after']?.toString();
      const isOwnBody = (await answer.body.text()) === answerBody(id);
      return { ...about, endedMs: monotonicMs(), status, retryAfter, isOwnBody, error: undefined };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return { ...about, endedMs: monotonicMs(), status, retryAfter, isOwnBody: false, error: code ?? message };
    }
  }
}

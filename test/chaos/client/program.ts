// The client of the suite, a process of its own: open loop, kept-alive connections used in turn, and no retries. Run
// directly by Node.
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'undici';
import { answerBody, ID_HEADER } from '../answer-body.ts';
import { monotonicMs } from '../clock.ts';
import type { RequestRecord } from '../scenario.ts';
import type { Order, Task, Word } from './orders.ts';

const REPORT_MS = 100;
/** Connections are closed by the balancer, not by the client: 10 min. */
const KEEP_ALIVE_MS = 600_000;

interface Request {
  readonly id: string;
  readonly method: 'GET' | 'POST';
  readonly dueMs: number;
}

/** Nothing is sent that is due later than `ms`. */
const stop = { ms: Infinity };

process.on('message', (order: Order) => {
  if (order === 'stop') stop.ms = monotonicMs();
  else void work(order);
});
process.once('disconnect', () => process.exit(0));

async function work(task: Task): Promise<void> {
  let count = 0;
  const next = (dueMs: number): Request => {
    const method = task.methods[count % task.methods.length];
    return { id: `${task.tag}-${count++}`, method, dueMs };
  };
  const { pace } = task;
  const connections = new Connections(task);
  const reports = setInterval(() => connections.report(), REPORT_MS);
  const startMs = monotonicMs();
  say('started');
  switch (pace.kind) {
    case 'closed':
      await connections.keepBusy(() => (stop.ms < Infinity ? undefined : next(monotonicMs())));
      break;
    case 'due':
      for (const dueMs of pace.dueMs) {
        if (!(await isTime(startMs + dueMs))) break;
        connections.submit(next(startMs + dueMs));
      }
      break;
    case 'rate':
      for (let index = 0; await isTime(startMs + (index * 1_000) / pace.perSecond); index++) {
        // A delayed client must not send a burst before it has noticed which connections were closed meanwhile.
        await nextTurn();
        connections.submit(next(startMs + (index * 1_000) / pace.perSecond));
      }
      break;
    default: {
      const exhaustive: never = pace;
      throw new Error(`unknown pace ${String(exhaustive)}`);
    }
  }
  await connections.idle();
  clearInterval(reports);
  connections.report();
  say({ sent: count }, () => process.exit(0));
}

/** Waits until then; false when there is no more to send. */
async function isTime(atMs: number): Promise<boolean> {
  for (let leftMs = atMs - monotonicMs(); atMs < stop.ms; leftMs = atMs - monotonicMs()) {
    if (leftMs <= 0) return true;
    await sleep(Math.min(leftMs, REPORT_MS));
  }
  return false;
}

/** The connections, and requests that wait for one. The one that was idle for longest is taken, so that all are used. */
class Connections {
  private readonly free: Client[];
  private readonly waiting: Request[] = [];
  private records: RequestRecord[] = [];
  private outstanding = 0;

  constructor({ port, isSecure, connections, patienceMs }: Task) {
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
    this.free = Array.from({ length: connections }, () => new Client(origin, { ...options, connect }));
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
      for (let request = next(); request; request = next()) this.note(await exchange(connection, request));
    };
    await Promise.all(this.free.map(loop));
  }

  async idle(): Promise<void> {
    while (this.outstanding > 0) await sleep(5);
  }

  report(): void {
    if (this.records.length === 0) return;
    say({ records: this.records });
    this.records = [];
  }

  private async serve(connection: Client, first: Request): Promise<void> {
    for (let request: Request | undefined = first; request; request = this.waiting.shift()) {
      this.note(await exchange(connection, request));
      this.outstanding--;
    }
    this.free.push(connection);
  }

  private note(record: RequestRecord): void {
    this.records.push(record);
  }
}

/** Sends a request once, and records the result. */
async function exchange(connection: Client, { id, method, dueMs }: Request): Promise<RequestRecord> {
  const sentMs = monotonicMs();
  const about = { id, method, dueMs, sentMs };
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

function say(word: Word, done?: () => void): void {
  process.send?.(word, undefined, {}, done);
}

// The client of the suite, a process of its own: open loop, kept-alive connections used in turn, and no retries. Run
// directly by Node.
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../clock.ts';
import type { RequestRecord } from '../scenario.ts';
import { Connections, type Request } from './connections.ts';
import type { Order, Task, Word } from './orders.ts';

const REPORT_MS = 100;

/** Nothing is sent that is due later than `ms`. */
const stop = { ms: Infinity };
let turns: Turns | undefined;

process.on('message', (order: Order) => {
  if (order === 'stop') stop.ms = monotonicMs();
  else if ('use' in order) {
    turns?.use(order.use);
    say('using');
  } else void work(order);
});
process.once('disconnect', () => process.exit(0));

async function work(task: Task): Promise<void> {
  let count = 0;
  const next = (dueMs: number): Request => {
    const method = task.methods[count % task.methods.length];
    return { id: `${task.tag}-${count++}`, method, dueMs };
  };
  const { pace } = task;
  const connections = new Turns(task);
  turns = connections;
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

/** The connections to all ports, which get the requests in turn. */
class Turns {
  private readonly all: readonly Connections[];
  private used: readonly Connections[];
  private records: RequestRecord[] = [];
  private turn = 0;

  constructor(task: Task) {
    const count = Math.ceil(task.connections / task.ports.length);
    const note = (record: RequestRecord) => void this.records.push(record);
    this.all = task.ports.map((port) => new Connections(port, count, task, note));
    this.used = this.all;
  }

  /** What was given to the other ports before stays there. */
  use(ports: readonly number[]): void {
    this.used = this.all.filter(({ port }) => ports.includes(port));
  }

  submit(request: Request): void {
    this.used[this.turn++ % this.used.length].submit(request);
  }

  async keepBusy(next: () => Request | undefined): Promise<void> {
    await Promise.all(this.all.map((connections) => connections.keepBusy(next)));
  }

  async idle(): Promise<void> {
    await Promise.all(this.all.map((connections) => connections.idle()));
  }

  report(): void {
    if (this.records.length === 0) return;
    say({ records: this.records });
    this.records = [];
  }
}

function say(word: Word, done?: () => void): void {
  process.send?.(word, undefined, {}, done);
}

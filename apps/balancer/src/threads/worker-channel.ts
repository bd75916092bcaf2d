// One thread of the data plane, from its start to its end, as the main thread sees it.
import type { AddressInfo } from 'node:net';
import type { Worker } from 'node:worker_threads';
import type { ListenAddress } from '../data-plane/listener.js';
import type { Replies, FromThread, ThreadData, ToThread } from './messages.js';
import { acquireWorker } from './worker-preload.js';

/** How long a thread has to answer a question. */
const QUERY_TIMEOUT_MS = 1000;
/** Messages are copied; no memory is handed over with them. */
const NO_TRANSFER: [] = [];

export class WorkerChannel {
  /** Resolves when it waits for the address to listen on. */
  readonly ready: Promise<unknown>;
  /** Resolves with why, when it has ended. */
  readonly ended: Promise<string>;
  isListening = false;
  hasEnded = false;

  private readonly worker: Worker;
  private readonly queries = new Map<number, (answer: Replies[keyof Replies] | undefined) => void>();
  private lastQuery = 0;
  private failure: string | undefined;

  constructor(
    script: URL,
    data: ThreadData,
    private readonly onMessage: (message: FromThread) => void,
  ) {
    this.worker = acquireWorker(script);
    this.worker.on('message', (message: FromThread) => this.receive(message));
    this.worker.on('error', (error) => {
      this.failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    });
    this.ended = new Promise((resolve) => {
      this.worker.once('exit', (code) => {
        this.hasEnded = true;
        this.isListening = false;
        for (const answer of this.queries.values()) answer(undefined);
        resolve(this.failure ?? `it ended with code ${code}`);
      });
    });
    this.post({ kind: 'init', data });
    this.ready = this.next('ready');
    // Whoever waits for it hears of the failure; nobody has to.
    this.ready.catch(() => {});
  }

  post(message: ToThread): void {
    this.worker.postMessage(message, NO_TRANSFER);
  }

  /** Has it accept clients. Rejects with what the system says against it. */
  async listen(where: ListenAddress): Promise<AddressInfo> {
    const answered = Promise.race([this.next('listening'), this.next('refused')]);
    this.post({ kind: 'listen', where });
    const message = await answered;
    if (message.kind === 'refused') throw new Error(message.problem);
    this.isListening = true;
    return message.address;
  }

  /** What it answers; undefined when it does not, or not soon. */
  async query<What extends keyof Replies>(what: What): Promise<Replies[What] | undefined> {
    if (!this.isListening) return undefined;
    const id = ++this.lastQuery;
    const answer = await new Promise<Replies[keyof Replies] | undefined>((resolve) => {
      const impatience = setTimeout(resolve, QUERY_TIMEOUT_MS, undefined);
      this.queries.set(id, (given) => {
        clearTimeout(impatience);
        resolve(given);
      });
      this.post({ kind: 'query', id, what });
    });
    this.queries.delete(id);
    return answer as Replies[What] | undefined;
  }

  /** Has it go out of service in order, for which it has `withinMs`. */
  async close(withinMs: number): Promise<void> {
    if (!this.isListening) {
      await this.worker.terminate();
      return;
    }
    this.post({ kind: 'close' });
    const deadline = setTimeout(() => void this.worker.terminate(), withinMs);
    await this.ended;
    clearTimeout(deadline);
  }

  private receive(message: FromThread): void {
    if (message.kind === 'reply') this.queries.get(message.id)?.(message.answer);
    else this.onMessage(message);
  }

  /** The next message of a kind. Rejects when the thread ends without it. */
  private async next<Kind extends FromThread['kind']>(kind: Kind): Promise<Extract<FromThread, { kind: Kind }>> {
    type Wanted = Extract<FromThread, { kind: Kind }>;
    let stop = () => {};
    const came = new Promise<Wanted>((resolve) => {
      const onMessage = (message: FromThread) => {
        if (message.kind === kind) resolve(message as Wanted);
      };
      this.worker.on('message', onMessage);
      stop = () => this.worker.off('message', onMessage);
    });
    const end = this.ended.then((reason) => Promise.reject(new Error(`a thread of the data plane ended: ${reason}`)));
    try {
      return await Promise.race([came, end]);
    } finally {
      stop();
    }
  }
}

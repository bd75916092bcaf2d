// The main thread's end of one worker thread: starts it, exchanges messages with it, closes it.
import type { AddressInfo } from 'node:net';
import type { Worker } from 'node:worker_threads';
import type { EachPort, ListenAddress } from '../data-plane/listener.js';
import { backendAccess } from '../net/backend-access.js';
import type { Replies, FromThread, ThreadData, ToThread } from './messages.js';
import { acquireWorker } from './worker-preload.js';

/** How long a thread has to reply to a query. */
const QUERY_TIMEOUT_MS = 1000;
/** Messages are copied: they transfer no memory. */
const EMPTY_TRANSFER_LIST: [] = [];

export class WorkerChannel {
  /** Resolves when the thread has booted. Rejects when it ends before. */
  readonly ready: Promise<unknown>;
  /** Resolves with the reason when the thread has ended. */
  readonly ended: Promise<string>;
  isListening = false;
  /** Whether queries wait for replies: not while the thread hangs. */
  private isAwaited = true;

  private readonly worker: Worker;
  private readonly queries = new Map<number, (result: Replies[keyof Replies] | undefined) => void>();
  private lastQuery = 0;
  private failure: string | undefined;

  constructor(
    script: URL,
    data: ThreadData,
    private readonly onMessage: (message: FromThread) => void,
  ) {
    this.worker = acquireWorker(script);
    this.worker.on('message', (message: FromThread) => this.handleMessage(message));
    this.worker.on('error', (error) => {
      this.failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    });
    this.ended = new Promise((resolve) => {
      this.worker.once('exit', (code) => {
        this.isListening = false;
        this.giveUpQueries();
        resolve(this.failure ?? `exit code ${code}`);
      });
    });
    this.post({ kind: 'init', data });
    this.ready = this.next('ready');
    // A rejection that is not awaited must not end the process.
    this.ready.catch(() => {});
  }

  post(message: ToThread): void {
    this.worker.postMessage(message, EMPTY_TRANSFER_LIST);
  }

  /** Makes the thread accept clients. Rejects when it cannot listen there. */
  async listen(where: EachPort<ListenAddress>): Promise<EachPort<AddressInfo>> {
    const outcome = Promise.race([this.next('listening'), this.next('listen-failed')]);
    this.post({ kind: 'listen', where, ownPorts: backendAccess.ownPorts });
    const message = await outcome;
    if (message.kind === 'listen-failed') throw new Error(message.reason);
    this.isListening = true;
    return message.addresses;
  }

  /** Nothing waits for a reply of the thread while `isAwaited` is false. */
  setAwaited(isAwaited: boolean): void {
    this.isAwaited = isAwaited;
    if (!isAwaited) this.giveUpQueries();
  }

  /** Terminates the thread at once, whatever it runs; only a system call that does not return delays that. */
  terminate(): void {
    void this.worker.terminate();
  }

  /** The result of a query; undefined when the thread does not listen or does not reply in time. */
  async query<What extends keyof Replies>(what: What): Promise<Replies[What] | undefined> {
    if (!this.isListening || !this.isAwaited) return undefined;
    const id = ++this.lastQuery;
    const result = await new Promise<Replies[keyof Replies] | undefined>((resolve) => {
      const timeout = setTimeout(resolve, QUERY_TIMEOUT_MS, undefined);
      this.queries.set(id, (reply) => {
        clearTimeout(timeout);
        resolve(reply);
      });
      this.post({ kind: 'query', id, what });
    });
    this.queries.delete(id);
    return result as Replies[What] | undefined;
  }

  /** Shuts the thread down gracefully; terminates it after `withinMs`. */
  async close(withinMs: number): Promise<void> {
    if (!this.isListening) {
      await this.worker.terminate();
      return;
    }
    this.post({ kind: 'close' });
    const deadline = setTimeout(() => this.terminate(), withinMs);
    await this.ended;
    clearTimeout(deadline);
  }

  private giveUpQueries(): void {
    for (const resolveQuery of this.queries.values()) resolveQuery(undefined);
  }

  private handleMessage(message: FromThread): void {
    if (message.kind === 'reply') this.queries.get(message.id)?.(message.result);
    else this.onMessage(message);
  }

  /** The next message of a kind. Rejects when the thread ends without it. */
  private async next<Kind extends FromThread['kind']>(kind: Kind): Promise<Extract<FromThread, { kind: Kind }>> {
    type Message = Extract<FromThread, { kind: Kind }>;
    let stop = () => {};
    const received = new Promise<Message>((resolve) => {
      const onMessage = (message: FromThread) => {
        if (message.kind === kind) resolve(message as Message);
      };
      this.worker.on('message', onMessage);
      stop = () => this.worker.off('message', onMessage);
    });
    const end = this.ended.then((reason) =>
      Promise.reject(new Error(`a worker thread of the data plane ended: ${reason}`)),
    );
    try {
      return await Promise.race([received, end]);
    } finally {
      stop();
    }
  }
}

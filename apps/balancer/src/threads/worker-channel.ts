// One thread of the data plane, from its start to its end, as the main thread sees it.
import type { AddressInfo } from 'node:net';
import type { Worker } from 'node:worker_threads';
import type { ListenAddress } from '../data-plane/listener.js';
import type { Answers, FromThread, ThreadData, ToThread } from './messages.js';
import { takeWorker } from './worker-preload.js';

/** How long a thread has to answer a question. */
const PATIENCE_MS = 1000;
/** Messages are copied; no memory is handed over with them. */
const NOTHING: [] = [];

export class ThreadLink {
  /** Resolves when it waits for the address to listen on. */
  readonly booted: Promise<unknown>;
  /** Resolves with why, when it has ended. */
  readonly ended: Promise<string>;
  isListening = false;
  hasEnded = false;

  private readonly worker: Worker;
  private readonly questions = new Map<number, (answer: Answers[keyof Answers] | undefined) => void>();
  private lastQuestion = 0;
  private failure: string | undefined;

  constructor(
    script: URL,
    data: ThreadData,
    private readonly hear: (message: FromThread) => void,
  ) {
    this.worker = takeWorker(script);
    this.worker.on('message', (message: FromThread) => this.receive(message));
    this.worker.on('error', (error) => {
      this.failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    });
    this.ended = new Promise((resolve) => {
      this.worker.once('exit', (code) => {
        this.hasEnded = true;
        this.isListening = false;
        for (const answer of this.questions.values()) answer(undefined);
        resolve(this.failure ?? `it ended with code ${code}`);
      });
    });
    this.post({ kind: 'begin', data });
    this.booted = this.next('booted');
    // Whoever waits for it hears of the failure; nobody has to.
    this.booted.catch(() => {});
  }

  post(message: ToThread): void {
    this.worker.postMessage(message, NOTHING);
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
  async ask<What extends keyof Answers>(what: What): Promise<Answers[What] | undefined> {
    if (!this.isListening) return undefined;
    const id = ++this.lastQuestion;
    const answer = await new Promise<Answers[keyof Answers] | undefined>((resolve) => {
      const impatience = setTimeout(resolve, PATIENCE_MS, undefined);
      this.questions.set(id, (given) => {
        clearTimeout(impatience);
        resolve(given);
      });
      this.post({ kind: 'ask', id, what });
    });
    this.questions.delete(id);
    return answer as Answers[What] | undefined;
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
    if (message.kind === 'answer') this.questions.get(message.id)?.(message.answer);
    else this.hear(message);
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

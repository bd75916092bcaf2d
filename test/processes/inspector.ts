// Node's inspector protocol, for what a process does not show from outside: its threads, and what is in their heaps.
import { once } from 'node:events';

/** A JavaScript heap and the thread that runs in it. */
export interface Isolate {
  /** `main`, or the title of a worker thread. */
  readonly name: string;
  /** Calls a method of the inspector protocol there. @throws {Error} when it fails, or the thread ends first. */
  call<Result = unknown>(method: string, params?: object): Promise<Result>;
}

/** A message of the protocol: a response when it has an id, an event otherwise. */
interface Message {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
  readonly method?: string;
  readonly params?: unknown;
}

/** A session with one isolate: sends calls, and matches the responses with them. */
class Session implements Isolate {
  readonly name: string;
  private readonly send: (message: string) => void;
  private readonly calls = new Map<number, PromiseWithResolvers<unknown>>();
  private lastId = 0;

  constructor(name: string, send: (message: string) => void) {
    this.name = name;
    this.send = send;
  }

  call<Result>(method: string, params: object = {}): Promise<Result> {
    const id = ++this.lastId;
    const answer = Promise.withResolvers<unknown>();
    this.calls.set(id, answer);
    this.send(JSON.stringify({ id, method, params }));
    return answer.promise as Promise<Result>;
  }

  /** Handles a message, which ends a call unless it is an event. */
  receive({ id, result, error }: Message): void {
    if (id === undefined) return;
    const answer = this.calls.get(id);
    this.calls.delete(id);
    if (error === undefined) answer?.resolve(result);
    else answer?.reject(new Error(`the inspector of ${this.name} refused: ${error.message}`));
  }

  /** Fails the outstanding calls. */
  end(): void {
    for (const { reject } of this.calls.values()) reject(new Error(`${this.name} ended before it responded`));
    this.calls.clear();
  }
}

/** The inspector of a process. */
export class Inspector {
  private readonly socket: WebSocket;
  private readonly session: Session;
  private readonly workers = new Map<string, Session>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.session = new Session('main', (message) => socket.send(message));
    socket.addEventListener('message', ({ data }) => this.receive(JSON.parse(String(data)) as Message));
    socket.addEventListener('close', () => {
      for (const session of [this.session, ...this.workers.values()]) session.end();
    });
  }

  /** Connects to the address that the process writes to stderr when it starts with `--inspect`. */
  static async connect(url: string): Promise<Inspector> {
    const socket = new WebSocket(url);
    await once(socket, 'open');
    const inspector = new Inspector(socket);
    // The workers that run are announced before the response to this.
    await inspector.main.call('NodeWorker.enable', { waitForDebuggerOnStart: false });
    return inspector;
  }

  get main(): Isolate {
    return this.session;
  }

  /** The worker threads that run now. */
  get threads(): readonly Isolate[] {
    return [...this.workers.values()];
  }

  close(): void {
    this.socket.close();
  }

  private receive(message: Message): void {
    switch (message.method ?? 'answer') {
      case 'NodeWorker.attachedToWorker': {
        const { sessionId, workerInfo } = message.params as { sessionId: string; workerInfo: { title: string } };
        const send = (text: string) =>
          void this.main.call('NodeWorker.sendMessageToWorker', { sessionId, message: text }).catch(() => {});
        this.workers.set(sessionId, new Session(workerInfo.title, send));
        return;
      }
      case 'NodeWorker.receivedMessageFromWorker': {
        const params = message.params as { sessionId: string; message: string };
        this.workers.get(params.sessionId)?.receive(JSON.parse(params.message) as Message);
        return;
      }
      case 'NodeWorker.detachedFromWorker': {
        const { sessionId } = message.params as { sessionId: string };
        this.workers.get(sessionId)?.end();
        this.workers.delete(sessionId);
        return;
      }
      default:
        this.session.receive(message);
    }
  }
}

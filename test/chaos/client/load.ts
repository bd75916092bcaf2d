// The harness's handle of the client.
import { fileURLToPath } from 'node:url';
import { ChaosProcess } from '../processes.ts';
import type { Load, LoadOptions, RequestRecord } from '../scenario.ts';
import type { Order, Pace, Word } from './orders.ts';

const PROGRAM = fileURLToPath(new URL('program.ts', import.meta.url));
const CONNECTIONS = 64;
const PATIENCE_SECONDS = 40;

/** Where requests are sent. */
export interface Target {
  /** Requests go to them in turn. */
  readonly ports: readonly number[];
  readonly isSecure: boolean;
}

/** Numbers the clients of a run, so that no two requests have the same id. */
let clients = 0;

export class ClientProcess implements Load {
  readonly records: RequestRecord[] = [];
  private readonly process: ChaosProcess;
  private readonly over: Promise<number>;

  private constructor(process: ChaosProcess) {
    this.process = process;
    process.child.on('message', (word: Word) => {
      if (typeof word === 'object' && 'records' in word) this.records.push(...word.records);
    });
    this.over = process.message((message) => {
      const word = message as Word;
      return typeof word === 'object' && 'sent' in word ? word.sent : undefined;
    });
    // An interrupt of the suite must not wait for the client.
    this.over.catch(() => undefined);
  }

  /** It sends when this resolves. */
  static async start({ ports, isSecure }: Target, pace: Pace, options: LoadOptions = {}): Promise<ClientProcess> {
    const process = new ChaosProcess('client', [globalThis.process.execPath, PROGRAM], { hasMessages: true });
    const client = new ClientProcess(process);
    const started = process.message((word) => ((word as Word) === 'started' ? true : undefined));
    process.tell({
      ports,
      isSecure,
      tag: `${Date.now().toString(36)}.${clients++}`,
      methods: options.methods ?? ['GET'],
      connections: options.connections ?? CONNECTIONS,
      patienceMs: (options.patienceSeconds ?? PATIENCE_SECONDS) * 1_000,
      pace,
    } satisfies Order);
    await started;
    return client;
  }

  async stop(): Promise<readonly RequestRecord[]> {
    this.process.tell('stop' satisfies Order);
    return this.finished();
  }

  async finished(): Promise<readonly RequestRecord[]> {
    const sent = await this.over;
    if (this.records.length !== sent) {
      throw new Error(`the client sent ${sent} requests and accounts for ${this.records.length}`);
    }
    return this.records;
  }

  async use(balancers: readonly { readonly port: number }[]): Promise<void> {
    const using = this.process.message((word) => ((word as Word) === 'using' ? true : undefined));
    this.process.tell({ use: balancers.map(({ port }) => port) } satisfies Order);
    await using;
  }

  /** Ends it, even with requests in flight. */
  async kill(): Promise<void> {
    await this.process.stop('SIGKILL');
  }
}

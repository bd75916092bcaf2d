// What is attacked: a balancer in one lane, a backend that records every byte, and a client whose service must not suffer.
import { ScriptedBackend } from '../differential/scripted-backend.ts';
import { valuesOf } from '../differential/messages.ts';
import { WireClient, goRound } from '../differential/wire-client.ts';
import { get } from '../support/http-text.ts';
import { bearer } from '../support/bearer.ts';
import type { AtEnd } from '../support/lifetime.ts';
import { backendIn, startBalancer, type Balancer } from '../support/processes.ts';
import type { Lane } from './attack.ts';
import { sendTo } from './registrations/control-plane-client.ts';

/** Every request is sent once, and no backend is ejected: what one case does to the balancer is not left for the next. */
const SETTINGS = {
  DATA_PLANE_HOST: '127.0.0.1',
  CONTROL_PLANE_HOST: '127.0.0.1',
  DEMAND_SOURCE: 'unit',
  MAX_ATTEMPTS: '1',
  PING_ACK_INTERVAL_SECONDS: '1000',
  OUTLIER_CONSECUTIVE_5XX: '0',
  OUTLIER_CONSECUTIVE_GATEWAY_ERRORS: '0',
  OUTLIER_FAILURE_RATIO: '0',
  OUTLIER_LATENCY_FACTOR: '0',
};

/** How long a response that is expected may take. Only a failure waits for so long. Milliseconds. */
const PATIENCE_MS = 2_000;
/** After this many, the connection that they are seen by is replaced: it keeps its responses. */
const MAX_ROUNDS = 1_000;

export class Target {
  readonly lane: Lane;
  readonly balancer: Balancer;
  readonly backend: ScriptedBackend;
  private bystander: WireClient | undefined;
  /** Shows that the event loop of the balancer goes round; one call waits for the one before. */
  private rounds: WireClient | undefined;
  private lastRound = Promise.resolve();
  private bystanders = 0;
  private seenLines = 0;
  private seenErrors = 0;

  private constructor(lane: Lane, balancer: Balancer, backend: ScriptedBackend) {
    this.lane = lane;
    this.balancer = balancer;
    this.backend = backend;
  }

  static async start(lane: Lane, atEnd: AtEnd, env: Record<string, string> = {}): Promise<Target> {
    const FAST_LANE = lane === 'full' ? 'off' : 'on';
    const [balancer, backend] = await Promise.all([
      startBalancer({ ...SETTINGS, FAST_LANE, ...env }, atEnd),
      ScriptedBackend.start(atEnd),
    ]);
    await register(balancer.control, backend.port, env.CONTROL_PLANE_TOKEN);
    const target = new Target(lane, balancer, backend);
    atEnd(() => {
      target.bystander?.socket.destroy();
      target.rounds?.socket.destroy();
    });
    return target;
  }

  /** Puts another backend in the place of the recording one. */
  async replaceBackend(port: number): Promise<void> {
    const { control } = this.balancer;
    await sendTo(control, { method: 'DELETE', path: '/api/v1/backends/recorder?now=true' });
    await register(control, port, undefined);
  }

  get port(): number {
    return this.balancer.port;
  }

  /** Resolves when the balancer has read what was sent to it before. */
  hasRead(): Promise<void> {
    this.lastRound = this.lastRound.then(() => this.goRound());
    return this.lastRound;
  }

  private async goRound(): Promise<void> {
    const { rounds } = this;
    if (rounds === undefined || rounds.isClosed || rounds.answeredCount >= MAX_ROUNDS) {
      rounds?.socket.destroy();
      this.rounds = await WireClient.open(this.port);
    }
    if (this.rounds) await goRound(this.rounds);
  }

  /** Waits until a client has got something; returns whether it has. */
  async got(client: WireClient, isSo: () => boolean): Promise<boolean> {
    await client.until(isSo, PATIENCE_MS);
    return isSo();
  }

  /**
   * Resolves when nothing more comes of what a client has sent, neither for it nor for the backend: when nothing has come
   * for as many calls of {@link hasRead} as `patience`.
   */
  async isQuiet(client: WireClient, patience = 2): Promise<void> {
    const amounts = () => [client.socket.bytesRead, client.isClosed, this.backend.byteCount].join();
    let before = '';
    for (let calls = 0; calls < patience; calls++) {
      if (before !== amounts()) calls = 0;
      before = amounts();
      await this.hasRead();
    }
  }

  /** What is wrong with the service of another client, which has a connection of its own; undefined when nothing is. */
  async bystanderProblem(): Promise<string | undefined> {
    const target = `/bystander-${++this.bystanders}`;
    if (this.bystander === undefined || this.bystander.isClosed) this.bystander = await WireClient.open(this.port);
    const client = this.bystander;
    const { answeredCount } = client;
    client.send(get(target), 'GET');
    await this.got(client, () => client.answeredCount > answeredCount);
    const seen = client.answers.at(-1);
    const isOwn = seen?.body === `GET ${target}` && client.answeredCount === answeredCount + 1;
    if (isOwn) return undefined;
    client.socket.destroy();
    return `another client got ${JSON.stringify(seen?.startLine)} ${JSON.stringify(seen?.body)} for ${target}`;
  }

  /** The name that the balancer puts into Via. */
  async pseudonym(): Promise<string> {
    await this.bystanderProblem();
    return valuesOf(this.backend.takeReceived()[0].fields, 'via')[0].replace('1.1 ', '');
  }

  /** What is wrong with the process since the last call: it has ended, or has logged or written an error. */
  processProblem(): string | undefined {
    const { process } = this.balancer;
    const [lines, errors] = [process.lines.slice(this.seenLines), process.stderr.slice(this.seenErrors)];
    this.seenLines += lines.length;
    this.seenErrors += errors.length;
    if (process.hasEnded) return `the balancer has ended: ${process.tail.slice(-500)}`;
    const written = errors.replaceAll(INSPECTOR_LINE, '');
    if (written !== '') return `the balancer wrote to stderr: ${written.slice(-500)}`;
    const line = lines.find(({ level }) => level === 'error' || level === 'fatal');
    return line && `the balancer logged an error: ${JSON.stringify(line).slice(0, 500)}`;
  }
}

/** What Node writes when it is started with an inspector. */
const INSPECTOR_LINE = /^(?:Debugger |For help, ).*\n/gm;

/** Registers the recording backend and waits until it is up. */
async function register(control: string, port: number, token: string | undefined): Promise<void> {
  const headers = { 'content-type': 'application/json', ...bearer(token) };
  const body = JSON.stringify({
    id: 'recorder',
    url: `http://127.0.0.1:${port}`,
    resources: { compute: 10, storage: 10 },
  });
  const { status, text } = await sendTo(control, { path: '/api/v1/backends', headers, body });
  if (status !== 201) throw new Error(`the recording backend was refused: ${status} ${text}`);
  await backendIn(control, 'recorder', 'up', token);
}

// The stage that a scenario is done on: starts what it asks for, and ends all of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackendProcess } from './backend/chaos-backend.ts';
import { BalancerProcess } from './balancers/balancer-process.ts';
import type { Pace } from './client/orders.ts';
import { ClientProcess } from './client/load.ts';
import { issueCertificate } from './support/certificate.ts';
import { reservePorts } from '../processes/ports.ts';
import type { BackendOptions, BalancerName, BalancerOptions, LoadOptions, Stage } from './scenario.ts';

const DELAY_MS = 20;
const LEASE_SECONDS = 30;

/** All that a run writes, gone when it ends, also when it is interrupted. */
const ROOT = mkdtempSync(join(tmpdir(), 'fairlead-chaos-'));
process.once('exit', () => rmSync(ROOT, { recursive: true, force: true }));

/** What does not change from scenario to scenario. */
export interface Conditions {
  readonly isLong: boolean;
  readonly soakMinutes: number | undefined;
  readonly ratePerSecond: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly isSecure: boolean;
}

export class ChaosStage implements Stage {
  readonly folder = mkdtempSync(join(ROOT, 'stage-'));
  readonly balancer: BalancerName;
  readonly isLong: boolean;
  readonly soakMinutes: number | undefined;
  readonly ratePerSecond: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly isSecure: boolean;
  private readonly balancerPorts: Promise<number[]> = reservePorts(3);
  private readonly cleanups: (() => Promise<void> | void)[] = [];
  private backends = 0;
  private issued: ReturnType<typeof issueCertificate> | undefined;

  constructor(balancer: BalancerName, { isLong, soakMinutes, ratePerSecond, variables, isSecure }: Conditions) {
    this.balancer = balancer;
    this.isLong = isLong;
    this.soakMinutes = soakMinutes;
    this.ratePerSecond = ratePerSecond;
    this.variables = variables;
    this.isSecure = isSecure;
  }

  seconds(long: number, short: number): number {
    return this.isLong ? long : short;
  }

  isWithin(durationMs: number, limitMs: number): boolean {
    return !this.isLong || durationMs <= limitMs;
  }

  ports(count: number): Promise<number[]> {
    return reservePorts(count);
  }

  async startBackend(options: BackendOptions = {}): Promise<BackendProcess> {
    const id = options.id ?? `backend-${++this.backends}`;
    const [, controlPort] = await this.balancerPorts;
    const [port] = await reservePorts(1);
    const { controls } = options;
    const settings = {
      id,
      port,
      controls: controls ?? [`http://127.0.0.1:${controlPort}`],
      journal: join(this.folder, `${id}.journal`),
      behaviour: { delayMs: options.delayMs ?? DELAY_MS, status: options.status ?? 200 },
      resources: options.resources ?? { compute: 100, storage: 100 },
      leaseSeconds: options.leaseSeconds ?? LEASE_SECONDS,
      closeIdleAfterMs: options.closeIdleAfterMs,
      registers: (options.registers ?? true) && this.balancer === 'fairlead',
      usesClient: controls !== undefined,
    };
    const backend = await BackendProcess.start(settings, options.prefix);
    this.onEnd(async () => void (await backend.kill()));
    return backend;
  }

  async startBalancer(options: BalancerOptions): Promise<BalancerProcess> {
    const { id } = options;
    const [port, controlPort, tlsPort] = await (id === undefined ? this.balancerPorts : reservePorts(3));
    const folder = join(this.folder, id ?? this.balancer);
    const tls = this.isSecure ? { ...(await this.certificate()), port: tlsPort } : undefined;
    const site = { port, controlPort, folder, variables: this.variables, tls };
    const balancer = await BalancerProcess.start(this.balancer, site, options);
    this.onEnd(() => balancer.end());
    return balancer;
  }

  async startLoad(options: LoadOptions = {}): Promise<ClientProcess> {
    const pace: Pace =
      options.dueMs === undefined
        ? { kind: 'rate', perSecond: options.ratePerSecond ?? this.ratePerSecond }
        : { kind: 'due', dueMs: options.dueMs };
    return this.startClient(pace, options);
  }

  /** With any pace, the closed loop of the calibration too. */
  async startClient(pace: Pace, options: LoadOptions = {}): Promise<ClientProcess> {
    const [port, , tlsPort] = await this.balancerPorts;
    const own = [{ port: this.isSecure ? tlsPort : port }];
    const ports = (options.balancers ?? own).map((balancer) => balancer.port);
    const target = { ports, isSecure: this.isSecure };
    const load = await ClientProcess.start(target, pace, options);
    this.onEnd(() => load.kill());
    return load;
  }

  onEnd(cleanup: () => Promise<void> | void): void {
    this.cleanups.push(cleanup);
  }

  /** Ends all that was started, the last first. */
  async end(): Promise<void> {
    for (let cleanup = this.cleanups.pop(); cleanup; cleanup = this.cleanups.pop()) await cleanup();
  }

  /** That of all balancers of the stage. */
  private certificate(): ReturnType<typeof issueCertificate> {
    this.issued ??= issueCertificate(this.folder);
    return this.issued;
  }
}

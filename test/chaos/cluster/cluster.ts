// Several balancers that serve one fleet: a registry on Redis, balancers and backends, as real processes.
import { until } from '../../processes/until.ts';
import { monotonicMs } from '../clock.ts';
import { accountOf, failures, isServed, type Account } from '../account.ts';
import { seenUp } from '../balancers/balancer-process.ts';
import { journalOf } from '../fleet.ts';
import type {
  BackendOptions,
  BalancerUnderTest,
  ChaosBackend,
  Leave,
  LeaveOptions,
  Load,
  LoadOptions,
  RequestRecord,
  Stage,
} from '../scenario.ts';
import { RegistryServer } from './registry-server.ts';
import { StoreRelay } from './store-relay.ts';
import { differenceOf } from './views.ts';

/** Shorter than the outages, so that a lease that could not be renewed would lapse. */
export const LEASE_SECONDS = 4;

/** Reading everything again puts right what balancers did not learn from the changes: it must not hide that. */
export const WITHOUT_RESYNC = { REGISTRY_RESYNC_SECONDS: '86400' };

export interface ClusterOptions {
  readonly balancers?: number;
  readonly backends?: number;
  /** Variables of all balancers. */
  readonly variables?: Readonly<Record<string, string>>;
  /** What the command of each balancer is put behind. */
  readonly prefixes?: readonly (readonly string[])[];
  /** The folder whose `dist/` all balancers run. */
  readonly root?: string;
  /** Whether a relay stands between the balancers and Redis. */
  readonly isRelayed?: boolean;
}

export class Cluster {
  readonly registry: RegistryServer;
  readonly balancers: readonly BalancerUnderTest[];
  /** All that were started. */
  readonly backends: ChaosBackend[] = [];
  /** Those that have not left. */
  members: readonly ChaosBackend[] = [];
  private readonly stage: Stage;
  private readonly storeRelay: StoreRelay | undefined;
  private starts = 0;

  constructor(
    stage: Stage,
    { registry, relay }: { readonly registry: RegistryServer; readonly relay: StoreRelay | undefined },
    balancers: readonly BalancerUnderTest[],
  ) {
    this.stage = stage;
    this.registry = registry;
    this.storeRelay = relay;
    this.balancers = balancers;
  }

  /** @throws {Error} when there is none. */
  get relay(): StoreRelay {
    if (this.storeRelay === undefined) throw new Error('the cluster was started without a relay');
    return this.storeRelay;
  }

  /** Each backend begins with another balancer, unless `controls` names the balancers that it knows. */
  async startBackend(options: BackendOptions = {}): Promise<ChaosBackend> {
    const first = this.starts++ % this.balancers.length;
    const inTurn = [...this.balancers.slice(first), ...this.balancers.slice(0, first)];
    const controls = inTurn.map(({ control }) => control);
    const backend = await this.stage.startBackend({ controls, leaseSeconds: LEASE_SECONDS, ...options });
    this.backends.push(backend);
    this.members = [...this.members, backend];
    return backend;
  }

  /** Has a backend leave for good. */
  async leave(backend: ChaosBackend, options: LeaveOptions = {}): Promise<Leave> {
    this.members = this.members.filter((member) => member !== backend);
    return backend.leave(options);
  }

  /** A new backend joins and is seen up by the balancer that it registers with, and the oldest leaves and ends. */
  async replaceOldest(): Promise<void> {
    const [oldest] = this.members;
    const registrar = this.balancers[this.starts % this.balancers.length];
    const backend = await this.startBackend();
    await seenUp(registrar, [backend.id]);
    await this.leave(oldest);
  }

  /** Sends requests to all balancers in turn. */
  startLoad(options: LoadOptions = {}): Promise<Load> {
    return this.stage.startLoad({ balancers: this.balancers, ...options });
  }

  /** Waits until every balancer sees these backends up. */
  async seenUp(backends: readonly ChaosBackend[] = this.members): Promise<void> {
    const ids = backends.map(({ id }) => id);
    await Promise.all(this.balancers.map((balancer) => seenUp(balancer, ids)));
  }

  /**
   * Waits until all balancers know the members and no other backends, alike; see {@link differenceOf}. Returns how long
   * that took, milliseconds. @throws {Error} with what keeps them from agreeing.
   */
  async agreed(): Promise<number> {
    const startMs = monotonicMs();
    let difference: string | undefined;
    const isAgreed = async () => {
      difference = await differenceOf(this.balancers, this.members);
      return difference === undefined;
    };
    await until('the balancers to agree', isAgreed).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}: ${difference}`, { cause: error });
    });
    return Math.round(monotonicMs() - startMs);
  }

  /** What became of the requests. */
  account(records: readonly RequestRecord[], isExcused?: (record: RequestRecord) => boolean): Account {
    return accountOf(records, journalOf(this.backends), isExcused ? { isExcused } : {});
  }
}

/** Starts a cluster, whose balancers see all backends up when this resolves: three and six by default. */
export async function startCluster(stage: Stage, options: ClusterOptions = {}): Promise<Cluster> {
  const registry = await RegistryServer.start(stage);
  const relay = options.isRelayed ? await StoreRelay.start(stage, registry.port) : undefined;
  const url = `redis://127.0.0.1:${relay?.port ?? registry.port}`;
  const ids = Array.from({ length: options.balancers ?? 3 }, (_, i) => `balancer-${i + 1}`);
  const balancers = await Promise.all(
    ids.map((id, i) =>
      stage.startBalancer({
        id,
        backends: [],
        prefix: options.prefixes?.[i] ?? [],
        ...(options.root === undefined ? {} : { root: options.root }),
        variables: {
          BALANCER_ID: id,
          REGISTRY_URL: url,
          REGISTRY_FILE: `${stage.folder}/${id}/registry.sqlite`,
          // In the long form the time is judged.
          ...(stage.isLong ? {} : WITHOUT_RESYNC),
          ...options.variables,
        },
      }),
    ),
  );
  const cluster = new Cluster(stage, { registry, relay }, balancers);
  await Promise.all(Array.from({ length: options.backends ?? 6 }, () => cluster.startBackend()));
  await cluster.seenUp();
  await cluster.agreed();
  return cluster;
}

/** The requests that were not served, as the end of a detail; empty when there were none. */
export function failuresOf(records: readonly RequestRecord[]): string {
  const failed = failures(records.filter((record) => !isServed(record)));
  return failed && `; ${failed}`;
}

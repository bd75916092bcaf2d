// Explains where a request would be placed, and why: a request of a given demand, or one with a given head.
import type { ExplainRequest, Explanation, ResourceAmounts } from '@fairlead/contracts';
import {
  policySummary,
  type LatentTable,
  type PolicyName,
  type ResourceVector,
  type ScoredCandidate,
} from '@fairlead/scheduling';
import { DEFAULT_POOL } from '@fairlead/traffic-config';
import { BadRequestException, Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { DataPlane } from '../data-plane/data-plane.js';
import { RequestReader, isRefusal, type ReadRequest } from '../data-plane/request/request-reader.js';
import { DemandLearning } from '../placement/demand-learning.js';
import { DrfScheduler, type PlacementExplanation, type PlacementRequest } from '../placement/drf.scheduler.js';
import { latentAmounts, machineBelief } from '../placement/latent/beliefs.js';
import { stateOf, type Backend } from '../registry/backend.js';
import { RegistryService } from '../registry/registry.service.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';

/** The client of a request that is only explained. */
const EXPLAINED_PEER = {
  address: '127.0.0.1',
  tlsVersion: undefined,
  certificateSubject: undefined,
  isProxy: false,
  mayDeclare: true,
};

/** The fields in which a request declares its demand. */
const DEMAND_FIELDS = new Set(['fairlead-demand', 'compute', 'storage']);

/** What is to be placed, and where that comes from. */
type ResolvedRequest = Pick<Explanation, 'route' | 'class' | 'demandSource'> & {
  readonly request: PlacementRequest;
  readonly notes: readonly string[];
};

/** The beliefs that scores are computed from. */
interface LatentScores {
  readonly table: LatentTable;
  /** What is believed of the request. */
  readonly explained: NonNullable<Explanation['latent']>;
}

@Injectable()
export class ExplainService {
  constructor(
    private readonly registry: RegistryService,
    private readonly scheduler: DrfScheduler,
    private readonly traffic: CurrentTraffic,
    private readonly requests: RequestReader,
    private readonly learning: DemandLearning,
    private readonly plane: DataPlane,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {}

  /** Finds the candidates for a request; places nothing. @throws {UnknownPoolError} @throws {BadRequestException} */
  async explain(request: ExplainRequest): Promise<Explanation> {
    const resolved = request.path === undefined ? this.resolveDemand(request) : await this.resolveHead(request);
    const { request: placed, notes, ...origin } = resolved;
    const { pool, demand } = placed;
    const { policy } = this.traffic.settingsOf(pool);
    const found = this.scheduler.explain(placed);
    const { slots, scored, chosen, unknown, isSticky, isReduced } = found;
    const latent = this.latentOf(found);
    const candidates = scored
      ? scored.map((candidate) => this.explained(candidate, latent))
      : slots.map((slot) => ({ ...this.candidateAt(slot), score: null, terms: {}, latent: null }));
    const isCandidate = new Set(slots);
    const amounts = this.config.RESOURCES.amountsOf(demand);
    const excluded = this.registry
      .list()
      .filter((backend) => backend.pool === pool && !isCandidate.has(backend.slot))
      .map((backend) => ({ id: backend.id, state: stateOf(backend), reason: this.reasonAgainst(backend, amounts) }));
    const remarks = [
      ...notes,
      ...(isReduced
        ? ['no backend has all resources of the learned demand, so that those some lack do not count']
        : []),
      ...(isSticky ? ['its cookie leads to this backend'] : []),
      ...(scored ? [] : [`the policy ${policy} gives no scores: ${policySummary(policy as PolicyName)}`]),
      ...(unknown === undefined ? [] : [`which backend is next cannot be said: ${unknown}`]),
    ];
    const note = remarks.join('; ');
    return {
      pool,
      policy,
      ...origin,
      demand: amounts,
      latent: latent?.explained ?? null,
      note: note === '' ? null : note,
      chosen: chosen === undefined ? null : this.idAt(chosen),
      candidates,
      excluded,
    };
  }

  private resolveDemand({ demand = {}, pool = DEFAULT_POOL }: ExplainRequest): ResolvedRequest {
    this.registry.knownPools.require(pool);
    const request = { pool, demand: this.vectorOf(demand), classId: undefined, affinity: undefined, stickySlot: -1 };
    return { request, route: null, class: null, demandSource: 'given', notes: [] };
  }

  /** Reads the head as one of a client: its route, its pool and its demand. */
  private async resolveHead(asked: ExplainRequest): Promise<ResolvedRequest> {
    this.scheduler.refresh();
    const read = this.read(asked);
    const { demand, headers = {} } = asked;
    const pool = asked.pool ?? read.pool;
    this.registry.knownPools.require(pool);
    const isRandom = read.route.pools?.only === undefined && asked.pool === undefined;
    const notes = isRandom ? [`the route ${read.route.name} divides its requests among several pools`] : [];
    const route = read.route.name;
    // The cookie of a pool leads to one of its backends.
    const stickySlot = pool === read.pool ? read.stickySlot : -1;
    const request = { pool, demand: read.demand, classId: undefined, affinity: read.affinity, stickySlot };
    if (demand) {
      const given = { ...request, demand: this.vectorOf(demand) };
      return { request: given, route, class: null, demandSource: 'given', notes };
    }
    if (Object.keys(headers).some((name) => DEMAND_FIELDS.has(name.toLowerCase()))) {
      notes.push('headers declare a demand only if the client is in DEMAND_CLIENTS');
      return { request, route, class: null, demandSource: 'given', notes };
    }
    const { classId } = read;
    if (classId === undefined) return { request, route, class: null, demandSource: 'configured', notes };
    const name = this.learning.nameOf(classId);
    const belief = (await this.plane.beliefs()).find((each) => each.name === name);
    // With latent resources all threads believe the same. Without, those that serve clients have learned it, not this one.
    const believed = this.learning.latent ? undefined : belief?.demand;
    const learned = { ...request, classId, demand: believed ?? read.demand };
    return { request: learned, route, class: name, demandSource: belief?.source ?? 'prior', notes };
  }

  /** @throws {BadRequestException} when the balancer would respond to the request itself. */
  private read({ path: target = '/', method = 'GET', host = '', headers = {} }: ExplainRequest): ReadRequest {
    const fields = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    const field = (name: string) => (name === 'host' ? host : fields.get(name));
    const bodyBytes = Number(fields.get('content-length')) || 0;
    // A client that was redirected to https comes back over TLS.
    const isRedirected = this.config.HTTPS_REDIRECT_PORT !== undefined;
    const peer = isRedirected ? { ...EXPLAINED_PEER, tlsVersion: 'TLSv1.3' } : EXPLAINED_PEER;
    const read = this.requests.readHead({ peer, method, target, host, field, bodyBytes });
    if (!isRefusal(read)) return read;
    const { statusCode, message } = read;
    throw new BadRequestException(
      `no backend would get this request: the balancer responds with ${statusCode}${message === '' ? '' : `, ${message}`}`,
    );
  }

  private vectorOf(amounts: ResourceAmounts): ResourceVector {
    const { RESOURCES } = this.config;
    const [unknown] = RESOURCES.unknownNames(amounts);
    if (unknown === undefined) return RESOURCES.vectorOf(amounts);
    throw new BadRequestException(
      `demand.${unknown} is unknown: this fleet's resources are ${RESOURCES.names.join(', ')}`,
    );
  }

  /** What the scores are computed from, if that is of latent resources. */
  private latentOf({ latentClass, explorable }: PlacementExplanation): LatentScores | undefined {
    const { latent: view } = this.learning;
    if (!view || latentClass === undefined) return undefined;
    const table = view.believedTable;
    const explained = {
      model: table.model,
      class: this.learning.nameOf(latentClass),
      demand: latentAmounts(view.demandOf(latentClass), table.rank),
      ...view.knowledgeOf(latentClass),
      exploration: { ratio: table.exploration, candidates: explorable.map((slot) => this.idAt(slot)) },
    };
    return { table, explained };
  }

  private explained(
    { slot, score, terms }: ScoredCandidate,
    latent: LatentScores | undefined,
  ): Explanation['candidates'][number] {
    const names = latent ? Object.keys(latent.explained.demand) : this.config.RESOURCES.names;
    const { id, declared } = this.candidateAt(slot);
    return {
      id,
      score,
      terms: Object.fromEntries(names.map((name, r) => [name, { ...terms[r] }])),
      declared,
      latent: latent ? machineBelief(latent.table, slot) : null,
    };
  }

  private candidateAt(slot: number): Pick<Explanation['candidates'][number], 'id' | 'declared'> {
    const capacity = this.registry.atSlot(slot)?.capacity;
    return { id: this.idAt(slot), declared: capacity ? this.config.RESOURCES.amountsOf(capacity) : null };
  }

  private idAt(slot: number): string {
    return this.registry.atSlot(slot)?.id ?? '';
  }

  private reasonAgainst(backend: Backend, amounts: ResourceAmounts): string {
    const state = stateOf(backend);
    if (state !== 'up') return `it is ${state}: ${backend.publicReason}`;
    const { names } = this.config.RESOURCES;
    const capacity = this.registry.snapshots.capacityOf(backend);
    const lacking = names.find((name, r) => (amounts[name] ?? 0) > 0 && capacity[r] === 0);
    return lacking === undefined ? 'it is full' : `it has no ${lacking}`;
  }
}

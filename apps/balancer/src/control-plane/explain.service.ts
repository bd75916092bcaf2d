// Explains where a request would be placed, and why: a request of a given demand, or one with a given head.
import type { ExplainRequest, Explanation, ResourceAmounts } from '@fairlead/contracts';
import { policySummary, type PolicyName, type ResourceVector, type ScoredCandidate } from '@fairlead/scheduling';
import { DEFAULT_POOL } from '@fairlead/traffic-config';
import { BadRequestException, Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { DataPlane } from '../data-plane/data-plane.js';
import { RequestReader, isRefusal } from '../data-plane/request/request-reader.js';
import { DemandLearning } from '../placement/demand-learning.js';
import { DrfScheduler } from '../placement/drf.scheduler.js';
import { stateOf, type Backend } from '../registry/backend.js';
import { RegistryService } from '../registry/registry.service.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';

/** The client of a request that is only explained. */
const SOMEBODY = {
  address: '127.0.0.1',
  tlsVersion: undefined,
  certificateSubject: undefined,
  isProxy: false,
  mayDeclare: true,
};

/** The fields in which a request declares its demand. */
const DEMAND_FIELDS = ['fairlead-demand', 'compute', 'storage'];

/** What is to be placed, and where that comes from. */
type Asked = Pick<Explanation, 'pool' | 'route' | 'class' | 'demandSource'> & {
  readonly demand: ResourceVector;
  readonly affinity: number | undefined;
  readonly notes: readonly string[];
};

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
    const asked = request.path === undefined ? this.askedByDemand(request) : await this.askedByHead(request);
    const { pool, demand, affinity, notes, ...origin } = asked;
    const { policy } = this.traffic.settingsOf(pool);
    const { slots, scored, chosen } = this.scheduler.explain(pool, demand, affinity);
    const candidates = scored
      ? scored.map((candidate) => this.explained(candidate))
      : slots.map((slot) => ({ id: this.idAt(slot), score: null, terms: {} }));
    const isCandidate = new Set(slots);
    const amounts = this.config.RESOURCES.amountsOf(demand);
    const excluded = this.registry
      .list()
      .filter((backend) => backend.pool === pool && !isCandidate.has(backend.slot))
      .map((backend) => ({ id: backend.id, state: stateOf(backend), reason: this.reasonAgainst(backend, amounts) }));
    const unsure = scored ? [] : [`the policy ${policy} gives no scores: ${policySummary(policy as PolicyName)}`];
    const note = [...notes, ...unsure].join('; ');
    return {
      pool,
      policy,
      ...origin,
      demand: amounts,
      note: note === '' ? null : note,
      chosen: chosen === undefined ? null : this.idAt(chosen),
      candidates,
      excluded,
    };
  }

  private askedByDemand({ demand = {}, pool = DEFAULT_POOL }: ExplainRequest): Asked {
    this.registry.knownPools.require(pool);
    const vector = this.vectorOf(demand);
    const isGiven = { route: null, class: null, demandSource: 'given' } as const;
    return { pool, demand: vector, affinity: undefined, notes: [], ...isGiven };
  }

  /** Reads the head as one of a client: its route, its pool and its demand. */
  private async askedByHead(request: ExplainRequest): Promise<Asked> {
    const { path: target = '/', method = 'GET', host = '', headers = {}, demand, pool } = request;
    const fields = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    const field = (name: string) => (name === 'host' ? host : fields.get(name));
    const bodyBytes = Number(fields.get('content-length')) || 0;
    const read = this.requests.readFramed({ peer: SOMEBODY, method, target, host, field, bodyBytes });
    if (isRefusal(read)) {
      const { statusCode, message } = read;
      throw new BadRequestException(
        `no backend would get this request: the balancer responds with ${statusCode}${message === '' ? '' : `, ${message}`}`,
      );
    }
    if (pool !== undefined) this.registry.knownPools.require(pool);
    const isRandom = read.route.pools?.only === undefined && pool === undefined;
    const notes = isRandom ? [`the route ${read.route.name} divides its requests among several pools`] : [];
    const common = { pool: pool ?? read.pool, route: read.route.name, affinity: read.affinity, notes };
    if (demand) return { ...common, demand: this.vectorOf(demand), class: null, demandSource: 'given' };
    if (DEMAND_FIELDS.some((each) => fields.has(each))) {
      const all = [...notes, 'headers declare a demand only if the client is in DEMAND_CLIENTS'];
      return { ...common, notes: all, demand: read.demand, class: null, demandSource: 'given' };
    }
    if (read.classId === undefined) return { ...common, demand: read.demand, class: null, demandSource: 'configured' };
    const name = this.learning.nameOf(read.classId);
    // The threads that serve clients have learned it, not necessarily this one.
    const belief = (await this.plane.beliefs()).find((each) => each.name === name);
    return {
      ...common,
      demand: belief?.demand ?? read.demand,
      class: name,
      demandSource: belief?.source ?? 'prior',
    };
  }

  private vectorOf(amounts: ResourceAmounts): ResourceVector {
    const { RESOURCES } = this.config;
    const [unknown] = RESOURCES.unknownNames(amounts);
    if (unknown === undefined) return RESOURCES.vectorOf(amounts);
    throw new BadRequestException(
      `demand.${unknown} is unknown: this fleet's resources are ${RESOURCES.names.join(', ')}`,
    );
  }

  private explained({ slot, score, terms }: ScoredCandidate): Explanation['candidates'][number] {
    const { names } = this.config.RESOURCES;
    const byName = Object.fromEntries(names.map((name, r) => [name, { ...terms[r] }]));
    return { id: this.idAt(slot), score, terms: byName };
  }

  private idAt(slot: number): string {
    return this.registry.atSlot(slot)?.id ?? '';
  }

  private reasonAgainst(backend: Backend, amounts: ResourceAmounts): string {
    const state = stateOf(backend);
    if (state !== 'up') return `it is ${state}: ${backend.publicReason}`;
    const { names } = this.config.RESOURCES;
    const lacking = names.find((name, r) => (amounts[name] ?? 0) > 0 && backend.capacity[r] === 0);
    return lacking === undefined ? 'it is full' : `it has no ${lacking}`;
  }
}

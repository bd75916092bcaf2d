// The demand of a request. In order of precedence: demand headers of a client in DEMAND_CLIENTS, its route, a rule, and the
// default, which is learned unless DEMAND_SOURCE says otherwise.
import { MAX_DEMAND } from '@fairlead/contracts';
import { seededRandom, type Random, type ResourceVector } from '@fairlead/scheduling';
import { DEFAULT_POOL } from '@fairlead/traffic-config';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { pathToRegexp } from 'path-to-regexp';
import { balancerConfig } from '../config/balancer.config.js';
import { DeclaredDemands } from './declared-demands.js';
import { DemandLearning } from './demand-learning.js';
import type { PlacementRequest } from './drf.scheduler.js';

/** A demand header that is read is invalid; the message says why. */
export class BadDemandError extends Error {}

/** Returns a field of a request's head by its name in lower case; undefined when it is absent. */
export type FieldLookup = (name: string) => string | undefined;

/** What the demand of a request is read from. */
export interface ClassifiableRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** The length of its body in bytes, if its head has it. */
  readonly bodyBytes: number;
  readonly field: FieldLookup;
}

/** A demand, and the class it is learned for. */
export type ClassifiedDemand = Pick<PlacementRequest, 'demand' | 'classId'>;

interface CompiledRule {
  readonly method: string | undefined;
  readonly pattern: RegExp;
  readonly demand: ResourceVector;
}

/** With DEMAND_SOURCE=random, each resource's demand is a whole number of units from 1 to this. */
const MAX_RANDOM_DEMAND = 10;

@Injectable()
export class DemandClassifier {
  private readonly rules: readonly CompiledRule[];
  private readonly random: Random;
  private readonly declared: DeclaredDemands;
  /** One unit of each resource. */
  private readonly unit: ResourceVector;

  constructor(
    private readonly learning: DemandLearning,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {
    this.rules = config.DEMAND_RULES.map(({ method, path, demand }) => ({
      method,
      pattern: pathToRegexp(path).regexp,
      demand: config.RESOURCES.vectorOf(demand),
    }));
    this.declared = new DeclaredDemands(config.RESOURCES.size, config.DEMAND_CLASSES, config.MAX_DEMAND_RATIO);
    this.unit = new Float64Array(config.RESOURCES.size).fill(1);
    this.random = config.DEMAND_SEED === undefined ? Math.random : seededRandom(config.DEMAND_SEED);
  }

  /**
   * Step 4, classify: the demand in units, in the fleet's order, and the class if the demand is learned. The vector must
   * not be changed.
   *
   * @param pool the pool whose backends serve it: each learns apart.
   * @param mayDeclare whether the demand headers of the request are read.
   * @param routeDemand what its route says; undefined: nothing.
   * @throws {BadDemandError}
   */
  classify(
    request: ClassifiableRequest,
    pool: string,
    mayDeclare: boolean,
    routeDemand?: ResourceVector,
  ): ClassifiedDemand {
    // Classes of the default pool have no pool in their name.
    const named = pool === DEFAULT_POOL ? '' : pool;
    const declared = mayDeclare ? this.declaredDemand(request, named) : undefined;
    const explicit = declared ?? routeDemand ?? this.ruleDemand(request);
    return explicit ? { demand: explicit, classId: undefined } : this.defaultDemand(request, named);
  }

  /** What counts of the demand that the request's headers declare; undefined when they declare none. */
  private declaredDemand(request: ClassifiableRequest, pool: string): ResourceVector | undefined {
    const demand = this.parseHeaders(request.field);
    if (demand) this.declared.limit(request, pool, demand);
    return demand;
  }

  private parseHeaders(field: FieldLookup): ResourceVector | undefined {
    const { RESOURCES } = this.config;
    const general = field('fairlead-demand');
    if (general !== undefined) return RESOURCES.vectorOf(this.parseDemand(general));
    const [compute, storage] = [field('compute'), field('storage')];
    if (compute === undefined && storage === undefined) return undefined;
    return RESOURCES.vectorOf({
      compute: amountOf('Compute', compute ?? '0'),
      storage: amountOf('Storage', storage ?? '0'),
    });
  }

  private parseDemand(text: string): Record<string, number> {
    const { names } = this.config.RESOURCES;
    const amounts: Record<string, number> = {};
    for (const entry of text.split(',')) {
      const [name = '', amount = '', ...rest] = entry.split('=').map((part) => part.trim());
      if (amount !== '' && !names.includes(name)) {
        const unknown = JSON.stringify(name.slice(0, 100));
        throw new BadDemandError(
          `Fairlead-Demand: ${unknown} is unknown; this fleet's resources are ${names.join(', ')}`,
        );
      }
      const isKnown = names.includes(name) && !Object.hasOwn(amounts, name) && rest.length === 0;
      if (!isKnown) {
        const form = names.map((known) => `${known}=1`).join(', ');
        throw new BadDemandError(`Fairlead-Demand must look like "${form}", got ${JSON.stringify(text.slice(0, 100))}`);
      }
      amounts[name] = amountOf(`Fairlead-Demand: ${name}`, amount);
    }
    return amounts;
  }

  private ruleDemand({ method, target }: ClassifiableRequest): ResourceVector | undefined {
    if (this.rules.length === 0) return undefined;
    const queryAt = target.indexOf('?');
    const path = queryAt === -1 ? target : target.slice(0, queryAt);
    const rule = this.rules.find((each) => (each.method ?? method) === method && each.pattern.test(path));
    return rule?.demand;
  }

  private defaultDemand(request: ClassifiableRequest, pool: string): ClassifiedDemand {
    const { RESOURCES, DEMAND_SOURCE } = this.config;
    switch (DEMAND_SOURCE) {
      case 'learned': {
        const classId = this.learning.classify(request, pool);
        return { demand: this.learning.estimate(classId), classId };
      }
      case 'unit':
        return { demand: this.unit, classId: undefined };
      case 'random': {
        const draw = () => 1 + Math.floor(this.random() * MAX_RANDOM_DEMAND);
        return { demand: new Float64Array(RESOURCES.size).map(draw), classId: undefined };
      }
      default: {
        const exhaustive: never = DEMAND_SOURCE;
        return exhaustive;
      }
    }
  }
}

function amountOf(header: string, text: string): number {
  const amount = /^\d{1,7}(\.\d{1,9})?$/.test(text) ? Number(text) : NaN;
  if (amount <= MAX_DEMAND) return amount;
  throw new BadDemandError(
    `${header} must be a number from 0 to ${MAX_DEMAND}, got ${JSON.stringify(text.slice(0, 50))}`,
  );
}

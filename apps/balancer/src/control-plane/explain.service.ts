// Explains where a request of a given demand would be placed, and why.
import type { Explanation, ResourceAmounts } from '@fairlead/contracts';
import type { ScoredCandidate } from '@fairlead/scheduling';
import { DEFAULT_POOL } from '@fairlead/traffic-config';
import { BadRequestException, Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { stateOf, type Backend } from '../registry/backend.js';
import { RegistryService } from '../registry/registry.service.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';
import { DrfScheduler } from '../placement/drf.scheduler.js';

@Injectable()
export class ExplainService {
  constructor(
    private readonly registry: RegistryService,
    private readonly scheduler: DrfScheduler,
    private readonly traffic: CurrentTraffic,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {}

  /** Scores every backend of a pool for a request of this demand; places nothing. @throws {UnknownPoolError} */
  explain(amounts: ResourceAmounts, pool = DEFAULT_POOL): Explanation {
    const { RESOURCES } = this.config;
    this.registry.knownPools.require(pool);
    const { policy } = this.traffic.settingsOf(pool);
    const [unknown] = RESOURCES.unknownNames(amounts);
    if (unknown !== undefined) {
      throw new BadRequestException(
        `demand.${unknown} is unknown: this fleet's resources are ${RESOURCES.names.join(', ')}`,
      );
    }
    const demand = RESOURCES.vectorOf(amounts);
    const scored = (this.scheduler.explain(pool, demand) ?? []).toSorted((a, b) => a.score - b.score);
    const candidates = scored.map((candidate) => this.explained(candidate));
    const isCandidate = new Set(scored.map(({ slot }) => slot));
    const excluded = this.registry
      .list()
      .filter((backend) => backend.pool === pool && !isCandidate.has(backend.slot))
      .map((backend) => {
        const reason = this.reasonAgainst(backend, amounts, policy);
        return { id: backend.id, state: stateOf(backend), reason };
      });
    return {
      pool,
      policy,
      demand: RESOURCES.amountsOf(demand),
      chosen: candidates[0]?.id ?? null,
      candidates,
      excluded,
    };
  }

  private explained({ slot, score, terms }: ScoredCandidate): Explanation['candidates'][number] {
    const { names } = this.config.RESOURCES;
    const byName = Object.fromEntries(names.map((name, r) => [name, { ...terms[r] }]));
    return { id: this.registry.atSlot(slot)?.id ?? '', score, terms: byName };
  }

  private reasonAgainst(backend: Backend, amounts: ResourceAmounts, policy: string): string {
    const state = stateOf(backend);
    if (state !== 'up') return `it is ${state}: ${backend.publicReason}`;
    const { names } = this.config.RESOURCES;
    const lacking = names.find((name, r) => (amounts[name] ?? 0) > 0 && backend.capacity[r] === 0);
    if (lacking !== undefined) return `it has no ${lacking}`;
    return `the policy ${policy} gives no scores`;
  }
}

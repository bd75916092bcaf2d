// Keeps the backends that DNS names members of the fleet, for each pool of the configuration file that looks some up.
import { Resolver } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DiscoveryConfig } from '@fairlead/traffic-config';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { BackendAccess } from '../net/backend-access.js';
import { ConfiguredBackends } from '../registry/configured-backends.js';
import { EventLog } from '../registry/event-log.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';
import { discoveredSpecs, type FoundAddress } from './backend-specs.js';
import { LookupSchedule } from './lookup-schedule.js';

/** How long one DNS server may take, and how often it is asked. Milliseconds. */
const RESOLVER_OPTIONS = { timeout: 2000, tries: 2 };
/** The start waits this long for the first lookups. Milliseconds. */
const MAX_START_MS = 1000;

@Injectable()
export class DnsDiscovery implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Discovery');
  private readonly resolver = new Resolver(RESOLVER_OPTIONS);
  /** By pool. */
  private readonly schedules = new Map<string, LookupSchedule>();
  /** Addresses where no backend may be, or for which there is no room, by pool: logged when they change. */
  private readonly leftOut = new Map<string, string>();

  constructor(
    private readonly backends: ConfiguredBackends,
    private readonly traffic: CurrentTraffic,
    private readonly events: EventLog,
    private readonly access: BackendAccess,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {
    if (config.DNS_SERVERS !== undefined) this.resolver.setServers(config.DNS_SERVERS);
  }

  /** Waits for the first lookups, so that the balancer knows the fleet when it accepts clients. */
  async onApplicationBootstrap(): Promise<void> {
    let first: Promise<unknown> = Promise.resolve();
    this.traffic.listen(() => {
      first = this.update();
    });
    await Promise.race([first, sleep(MAX_START_MS, undefined, { ref: false })]);
  }

  onModuleDestroy(): void {
    for (const schedule of this.schedules.values()) schedule.stop();
    this.resolver.cancel();
  }

  /** Starts and stops lookups as the configuration says. Resolves when each new one was made once. */
  private async update(): Promise<void> {
    const wanted = new Map(this.traffic.config.pools.map(({ name, discovery }) => [name, discovery]));
    for (const [pool, schedule] of this.schedules) {
      if (schedule.isFor(wanted.get(pool))) continue;
      schedule.stop();
      this.schedules.delete(pool);
      this.leftOut.delete(pool);
      // A changed one keeps its backends until it has found others.
      if (wanted.get(pool) === undefined) this.backends.replace(groupOf(pool), []);
    }
    const started: Promise<void>[] = [];
    for (const [pool, discovery] of wanted) {
      if (discovery === undefined || this.schedules.has(pool)) continue;
      const schedule = this.scheduleFor(pool, discovery);
      this.schedules.set(pool, schedule);
      started.push(schedule.start());
    }
    await Promise.all(started);
  }

  private scheduleFor(pool: string, discovery: DiscoveryConfig): LookupSchedule {
    const what = `${discovery.name} (${discovery.record}) of the pool ${pool}`;
    return new LookupSchedule(discovery, this.resolver, {
      onFound: (found) => this.use(pool, discovery, found),
      onFailure: (cause) =>
        this.events.recordFleetEvent('discovery-failed', `${what}: ${cause}; the backends found before stay`),
      onRecovery: () => this.events.recordFleetEvent('discovery-recovered', `${what}: found again`),
    });
  }

  private use(pool: string, discovery: DiscoveryConfig, found: readonly FoundAddress[]): void {
    const { RESOURCES, MAX_BACKENDS } = this.config;
    const specs = discoveredSpecs(pool, discovery, found, RESOURCES);
    const refusals = new Map(specs.map((spec) => [spec, this.access.refusalOfUrl(spec.url)]));
    const allowed = specs.filter((spec) => refusals.get(spec) === undefined);
    const used = allowed.slice(0, MAX_BACKENDS);
    this.warn(pool, [
      ...specs.flatMap((spec) => (refusals.get(spec) === undefined ? [] : [`${spec.id}: ${refusals.get(spec)}`])),
      ...(allowed.length > used.length ? [`${allowed.length - used.length} more than MAX_BACKENDS`] : []),
    ]);
    this.backends.replace(groupOf(pool), used);
  }

  private warn(pool: string, sentences: readonly string[]): void {
    const text = sentences.join('; ');
    if (text === (this.leftOut.get(pool) ?? '')) return;
    this.leftOut.set(pool, text);
    if (text !== '') this.logger.warn(`found by DNS for the pool ${pool} and left out: ${text}`);
  }
}

function groupOf(pool: string): string {
  return `dns ${pool}`;
}

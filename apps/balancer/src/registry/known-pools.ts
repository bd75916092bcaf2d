// The pools of the configuration, and those that only backends still name: these stay, and get no requests until their
// pool returns.
import type { CurrentTraffic } from '../traffic-config/current-traffic.js';
import type { Backend } from './backend.js';
import type { EventLog } from './event-log.js';
import { UnknownPoolError } from './registry.errors.js';

export class KnownPools {
  private readonly withoutPool = new WeakSet<Backend>();

  constructor(
    private readonly fleet: Iterable<Backend>,
    private readonly traffic: CurrentTraffic,
    private readonly events: EventLog,
  ) {}

  /** In the order of the configuration; those that were removed follow. */
  get names(): string[] {
    const configured = this.traffic.config.pools.map(({ name }) => name);
    return [...new Set([...configured, ...Array.from(this.fleet, ({ pool }) => pool)])];
  }

  /** @throws {UnknownPoolError} */
  require(name: string): void {
    const { names } = this;
    if (!names.includes(name)) throw new UnknownPoolError(name, names);
  }

  /** Why a backend gets no requests in any state; undefined when its pool is in the configuration. */
  reasonAgainst({ pool }: Backend): string | undefined {
    return this.traffic.pool(pool) ? undefined : `it gets no requests: its pool ${pool} is not in the configuration`;
  }

  /** Records which backends have lost their pool since the last call, and which have it again. */
  update(): void {
    for (const backend of this.fleet) {
      const reason = this.reasonAgainst(backend);
      if ((reason !== undefined) === this.withoutPool.has(backend)) continue;
      if (reason === undefined) this.withoutPool.delete(backend);
      else this.withoutPool.add(backend);
      this.events.recordBackendEvent('changed', backend, reason ?? `its pool ${backend.pool} is configured again`);
    }
  }
}

// Backends whose pool is not in the configuration, or not any more: they stay, and get no requests until it returns.
import type { CurrentTraffic } from '../traffic-config/current-traffic.js';
import type { Backend } from './backend.js';
import type { EventLog } from './event-log.js';

export class RemovedPools {
  private readonly members = new WeakSet<Backend>();

  constructor(
    private readonly traffic: CurrentTraffic,
    private readonly events: EventLog,
  ) {}

  /** Records which backends have lost their pool since the last call, and which have it again. */
  update(fleet: Iterable<Backend>): void {
    for (const backend of fleet) {
      const reason = this.reasonOf(backend);
      if ((reason !== undefined) === this.members.has(backend)) continue;
      if (reason === undefined) this.members.delete(backend);
      else this.members.add(backend);
      this.events.recordBackendEvent('changed', backend, reason ?? `its pool ${backend.pool} is configured again`);
    }
  }

  /** Why a backend gets no requests in any state; undefined when it has a pool. */
  reasonOf({ pool }: Backend): string | undefined {
    return this.traffic.pool(pool) ? undefined : `it gets no requests: its pool ${pool} is not in the configuration`;
  }
}

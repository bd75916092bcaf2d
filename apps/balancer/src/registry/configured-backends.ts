// The members of the fleet that do not register: those that the configuration file names, and those that DNS does. They
// come in groups, each of which is replaced as a whole.
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { BackendSpec } from './backend.js';
import { FleetFullError } from './registry.errors.js';
import { RegistryService } from './registry.service.js';

/** How long to wait for room in the load table: backends that leave have theirs until their exchanges have ended. */
const RETRY_MS = 500;

@Injectable()
export class ConfiguredBackends implements OnModuleDestroy {
  private readonly logger = new Logger('Registry');
  /** The backends of each group, by id. */
  private readonly groups = new Map<string, ReadonlyMap<string, BackendSpec>>();
  /** Ids for which there was no room, so that each is logged once. */
  private readonly missing = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly registry: RegistryService) {}

  onModuleDestroy(): void {
    clearTimeout(this.timer);
  }

  /**
   * Makes these the backends of a group. New ones join, known ones change in place, and those that are no longer there drain
   * and leave. One that an operator has paused stays paused.
   */
  replace(group: string, specs: readonly BackendSpec[]): void {
    const before = this.groups.get(group);
    const now = new Map(specs.map((spec) => [spec.id, spec]));
    if (now.size > 0) this.groups.set(group, now);
    else this.groups.delete(group);
    for (const id of before?.keys() ?? []) if (!this.has(id)) this.remove(id);
    this.admitAll();
  }

  private has(id: string): boolean {
    return [...this.groups.values()].some((group) => group.has(id));
  }

  private remove(id: string): void {
    this.missing.delete(id);
    const isMember = this.registry.list().some((backend) => backend.id === id);
    if (isMember) void this.registry.leave(id).catch((error: Error) => this.logger.warn(error.message));
  }

  /** Tries again later while there is no room for all. */
  private admitAll(): void {
    clearTimeout(this.timer);
    const specs = withoutRepeatedAddresses([...this.groups.values()].flatMap((group) => [...group.values()]));
    const waiting = specs.filter((spec) => !this.tryAdmit(spec));
    if (waiting.length > 0) this.timer = setTimeout(() => this.admitAll(), RETRY_MS).unref();
  }

  private tryAdmit(spec: BackendSpec): boolean {
    try {
      this.registry.admit(spec);
      this.missing.delete(spec.id);
      return true;
    } catch (error) {
      if (!(error instanceof FleetFullError)) throw error;
      if (!this.missing.has(spec.id)) this.logger.warn(`backend ${spec.id} has to wait: ${error.message}`);
      this.missing.add(spec.id);
      return false;
    }
  }
}

/** Of several at one address of a pool the first: the file may name one that DNS does, too. */
function withoutRepeatedAddresses(specs: readonly BackendSpec[]): BackendSpec[] {
  const byAddress = new Map(specs.toReversed().map((spec) => [`${spec.pool} ${spec.url}`, spec]));
  return [...byAddress.values()].toReversed();
}

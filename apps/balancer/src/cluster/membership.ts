// What callers of the control plane do with the fleet. Where another balancer changes the same backend at the same time, its
// change is applied first, and this one is made again on top of it.
import { Injectable } from '@nestjs/common';
import type { Backend, BackendSpec, Registered } from '../registry/backend.js';
import type { Actor } from '../registry/event-log.js';
import type { Claimant } from '../registry/ownership.js';
import { ConflictingChangeError, ForeignRecordError } from '../registry/registry.errors.js';
import { RegistryService } from '../registry/registry.service.js';
import { StoredFleet } from '../registry/store/stored-fleet.js';
import { StoreLeases } from './store-leases.js';

/** How often a change is made again before its caller is told to try later. */
const MAX_TRIES = 10;

@Injectable()
export class Membership {
  constructor(
    private readonly registry: RegistryService,
    private readonly leases: StoreLeases,
    private readonly stored: StoredFleet,
  ) {}

  /** Whether the other balancers cannot hear of what is done here. */
  get isStoreAway(): boolean {
    return this.stored.isAway;
  }

  /** Like `RegistryService.register`; resolves when it is stored. @throws {ConflictingChangeError} @throws {ForeignRecordError} */
  async register(spec: BackendSpec, claimant: Claimant, by: Actor): Promise<Registered> {
    return this.untilStored(by, async () => {
      const registered = this.registry.register(spec, claimant);
      const { backend, isNew } = registered;
      try {
        await this.registry.whenStored(backend.id);
      } catch (error) {
        // Of a backend that is not stored no other balancer would know.
        if (isNew && error instanceof ForeignRecordError) this.registry.replicas.remove(backend.id, error.message);
        throw error;
      }
      return registered;
    });
  }

  /** Renews a lease from now on. @throws {UnknownBackendError} @throws {NoLeaseError} */
  renew(id: string): Backend {
    const backend = this.registry.renew(id);
    this.leases.renew(id, backend.leaseSeconds);
    return backend;
  }

  /** Like `RegistryService.drain`. @throws {ConflictingChangeError} @throws {ForeignRecordError} */
  async drain(id: string, withinSeconds: number | undefined, by: Actor): Promise<Backend> {
    return this.untilStored(by, () => this.registry.drain(id, withinSeconds));
  }

  /** Like `RegistryService.resume`; resolves when it is stored. @throws {ConflictingChangeError} @throws {ForeignRecordError} */
  async resume(id: string, by: Actor): Promise<Backend> {
    return this.untilStored(by, async () => {
      const backend = this.registry.resume(id);
      await this.registry.whenStored(id);
      return backend;
    });
  }

  /** Like `RegistryService.leave`. @throws {ConflictingChangeError} @throws {ForeignRecordError} */
  async leave(id: string, withinSeconds: number | undefined, by: Actor): Promise<Backend | undefined> {
    return this.untilStored(by, () => this.registry.leave(id, withinSeconds));
  }

  /** Like `RegistryService.leaveNow`. @throws {ConflictingChangeError} @throws {ForeignRecordError} */
  async leaveNow(id: string, by: Actor): Promise<void> {
    return this.untilStored(by, () => this.registry.leaveNow(id));
  }

  private async untilStored<Result>(by: Actor, change: () => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.registry.askedBy(by, change);
      } catch (error) {
        if (!(error instanceof ConflictingChangeError) || tries === MAX_TRIES) throw error;
      }
    }
  }
}

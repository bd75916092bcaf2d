// A backend's membership by the client that backends get from Fairlead (libs/registration), as built: with several
// balancers, it is the client that has to find one that responds.
import type { FleetMembership } from '@fairlead/registration/client';
import { monotonicMs } from '../clock.ts';
import type { Leave } from '../scenario.ts';
import type { Membership } from './membership.ts';
import { HEALTH_PATH, type BackendSettings } from './settings.ts';

const CLIENT = new URL('../../../dist/libs/registration/src/client/index.js', import.meta.url).href;

export class ClientMembership implements Membership {
  private readonly membership: FleetMembership;
  private readonly port: number;

  private constructor(membership: FleetMembership, port: number) {
    this.membership = membership;
    this.port = port;
  }

  static async load({ id, port, controls, resources, leaseSeconds }: BackendSettings): Promise<ClientMembership> {
    const built = (await import(CLIENT)) as { FleetMembership: typeof FleetMembership };
    const lease = leaseSeconds > 0 ? { leaseSeconds } : {};
    const options = { balancerUrls: controls, id, resources, pingPath: HEALTH_PATH, ...lease };
    return new ClientMembership(new built.FleetMembership(options), port);
  }

  join(): void {
    this.membership.start({ port: this.port });
  }

  /** The client says only when all is done. */
  async leave(): Promise<Leave> {
    await this.membership.leave();
    const goneMs = monotonicMs();
    return { acknowledgedMs: goneMs, goneMs };
  }
}

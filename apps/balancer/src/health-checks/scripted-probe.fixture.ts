// A probe that opens no connection: the test decides what its pings find.
import type { BalancerConfig } from '../config/balancer.config.js';
import type { Backend } from '../registry/backend.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';
import { aBackendConnector } from '../tls/backend-connector.fixture.js';
import { HealthProbe, type ProbeResult, type ProbeTarget } from './probe.js';

export class ScriptedProbe extends HealthProbe {
  /** The URLs that were pinged, in order. */
  readonly pinged: string[] = [];
  /** What the next pings find. */
  finds: (backend: Pick<Backend, 'url'>) => ProbeResult['what'] | Promise<ProbeResult['what']> = () => 'ping-ok';

  constructor(config: BalancerConfig) {
    super(aBackendConnector(config), new CurrentTraffic(config));
  }

  override async ping(backend: ProbeTarget): Promise<ProbeResult> {
    this.pinged.push(backend.url);
    return { what: await this.finds(backend), reason: 'scripted' };
  }
}

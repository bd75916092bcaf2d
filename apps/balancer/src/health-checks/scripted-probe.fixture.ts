// A probe that opens no connection: the test decides what its pings find.
import type { Backend } from '../registry/backend.js';
import { HealthProbe, type ProbeResult } from './probe.js';

export class ScriptedProbe extends HealthProbe {
  /** The URLs that were pinged, in order. */
  readonly pinged: string[] = [];
  /** What the next pings find. */
  finds: (backend: Pick<Backend, 'url'>) => ProbeResult['what'] | Promise<ProbeResult['what']> = () => 'ping-ok';

  override async ping(backend: Pick<Backend, 'url' | 'pingPath'>): Promise<ProbeResult> {
    this.pinged.push(backend.url);
    return { what: await this.finds(backend), reason: 'scripted' };
  }
}

// The traffic configuration in force in this thread. It is replaced whole; who needs it in another form listens.
import type { PoolConfig, TrafficConfig } from '@fairlead/traffic-config';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { trafficWithoutFile } from './variable-defaults.js';

/** Called with the configuration that is in force from now on. */
export type TrafficListener = (traffic: TrafficConfig) => void;

@Injectable()
export class CurrentTraffic {
  private traffic: TrafficConfig;
  private poolsByName: ReadonlyMap<string, PoolConfig>;
  private readonly listeners: TrafficListener[] = [];

  constructor(@Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>) {
    this.traffic = trafficWithoutFile(config);
    this.poolsByName = byName(this.traffic);
  }

  /** Immutable. */
  get config(): TrafficConfig {
    return this.traffic;
  }

  /** The pool with a name; undefined for an unknown one. */
  pool(name: string): PoolConfig | undefined {
    return this.poolsByName.get(name);
  }

  /** Notifies `listener` at once, and of each configuration that follows. */
  listen(listener: TrafficListener): void {
    this.listeners.push(listener);
    listener(this.traffic);
  }

  /** Puts a configuration in force. */
  replace(traffic: TrafficConfig): void {
    this.traffic = traffic;
    this.poolsByName = byName(traffic);
    for (const listener of this.listeners) listener(traffic);
  }
}

function byName({ pools }: TrafficConfig): ReadonlyMap<string, PoolConfig> {
  return new Map(pools.map((pool) => [pool.name, pool]));
}

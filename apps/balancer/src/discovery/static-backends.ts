// Makes the backends that the configuration file names members of the fleet, at the start and on each reload.
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { ConfiguredBackends } from '../registry/configured-backends.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';
import { staticSpecs } from './backend-specs.js';

/** The group of these backends. */
const GROUP = 'static';

@Injectable()
export class StaticBackends implements OnApplicationBootstrap {
  constructor(
    private readonly backends: ConfiguredBackends,
    private readonly traffic: CurrentTraffic,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {}

  /** After the registry has restored its file. */
  onApplicationBootstrap(): void {
    this.traffic.listen(({ pools }) => {
      this.backends.replace(
        GROUP,
        pools.flatMap((pool) => staticSpecs(pool, this.config.RESOURCES)),
      );
    });
  }
}

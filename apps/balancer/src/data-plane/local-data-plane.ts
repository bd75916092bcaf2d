// The data plane of one thread: the main thread without worker threads, or each worker thread.
import type { RequestRecord } from '@fairlead/contracts';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { RequestLog } from '../metrics/request-log.js';
import { DemandLearning, type NamedBelief } from '../placement/demand-learning.js';
import { NOT_LISTENING, type DataPlane } from './data-plane.js';
import { Listener } from './listener.js';

@Injectable()
export class LocalDataPlane implements DataPlane {
  private readonly logger = new Logger('DataPlane');

  constructor(
    readonly server: Listener,
    private readonly log: RequestLog,
    private readonly learning: DemandLearning,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {}

  get unreadyReason(): string | undefined {
    return this.server.isReady ? undefined : NOT_LISTENING;
  }

  get port(): number {
    return this.server.port;
  }

  async listen([inherited]: readonly number[]): Promise<void> {
    const { DATA_PLANE_HOST: host, DATA_PLANE_PORT: port } = this.config;
    const { address } = await this.server.listen(inherited === undefined ? { host, port } : { fd: inherited });
    this.logger.log({ host: inherited === undefined ? host : address, port: this.port }, 'data plane listening');
  }

  close(): Promise<void> {
    return this.server.close();
  }

  async requests(): Promise<RequestRecord[]> {
    return this.log.newest();
  }

  async beliefs(): Promise<NamedBelief[]> {
    return this.learning.beliefs();
  }
}

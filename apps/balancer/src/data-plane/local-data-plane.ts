// The data plane of one thread: the main thread without worker threads, or each worker thread.
import type { AddressInfo } from 'node:net';
import type { RequestRecord } from '@fairlead/contracts';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { RequestLog } from '../metrics/request-log.js';
import { DemandLearning, type NamedBelief } from '../placement/demand-learning.js';
import { ExchangeFactory } from './exchange/exchange-factory.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';
import { errorPages } from './headers/error-pages.js';
import { NOT_LISTENING, type DataPlane, type InheritedPorts } from './data-plane.js';
import { Listener, logListening, portsOf, type EachPort } from './listener.js';

@Injectable()
export class LocalDataPlane implements DataPlane {
  private readonly logger = new Logger('DataPlane');
  private addresses: EachPort<AddressInfo> | undefined;

  constructor(
    readonly server: Listener,
    private readonly exchanges: ExchangeFactory,
    private readonly log: RequestLog,
    private readonly learning: DemandLearning,
    traffic: CurrentTraffic,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {
    traffic.listen((config) => errorPages.replace(config.errorPages));
  }

  get unreadyReason(): string | undefined {
    return this.server.isReady ? undefined : NOT_LISTENING;
  }

  get ports(): EachPort<number> {
    return portsOf(this.addresses);
  }

  async listen({ plain: [plain], tls: [tls] }: InheritedPorts): Promise<void> {
    const { DATA_PLANE_HOST: host, DATA_PLANE_PORT, DATA_PLANE_TLS_PORT } = this.config;
    const addressOf = (inherited: number | undefined, port: number) =>
      inherited === undefined ? { host, port } : { fd: inherited };
    this.addresses = await this.server.listen({
      plain: addressOf(plain, DATA_PLANE_PORT),
      tls: DATA_PLANE_TLS_PORT === undefined ? undefined : addressOf(tls, DATA_PLANE_TLS_PORT),
    });
    logListening(this.logger, this.addresses);
  }

  close(): Promise<void> {
    return this.server.close();
  }

  async requests(): Promise<RequestRecord[]> {
    return this.log.newest();
  }

  async queued(): Promise<Record<string, number>> {
    return this.exchanges.queued;
  }

  async beliefs(): Promise<NamedBelief[]> {
    return this.learning.beliefs();
  }
}

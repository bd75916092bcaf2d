// `/request-log`: the balancer's latest requests, newest first.
import { BadGatewayException, Controller, Get, Header } from '@nestjs/common';
import { MetricsClient } from '../balancer/metrics.client.js';

@Controller('request-log')
export class RequestLogController {
  constructor(private readonly balancer: MetricsClient) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  async requestLog() {
    try {
      return await this.balancer.requestLog();
    } catch (error) {
      throw new BadGatewayException(error instanceof Error ? error.message : String(error));
    }
  }
}

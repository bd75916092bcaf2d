// The health check: the backend depends on nothing, so it is healthy whenever it responds.
import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';

/** Without a document of its API, it need not load @nestjs/swagger, which takes a good part of a start. */
const UNDOCUMENTED = { noCache: true, swaggerDocumentation: false };

@Controller('health')
export class BackendHealthController {
  constructor(private readonly health: HealthCheckService) {}

  @Get()
  @HealthCheck(UNDOCUMENTED)
  check(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }
}

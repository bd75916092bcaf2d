// Treats every request except health checks as a job: reads the body, emulates the work, and responds with a report.
import { reportCost, RegistrationService } from '@fairlead/registration';
import { All, Controller, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { hostname } from 'node:os';
import { finished, pipeline } from 'node:stream/promises';
import { backendConfig, type BackendConfig } from '../config/backend.config.js';
import { demandOf, type Demand } from '../work/demand.js';
import { WorkEmulator } from '../work/work-emulator.js';
import { jobPage } from './job-page.js';
import type { JobReport } from './job-report.js';
import { paddingLength, padded } from './padding.js';

@Controller()
export class JobController {
  private readonly host = hostname();

  constructor(
    private readonly emulator: WorkEmulator,
    private readonly registration: RegistrationService,
    @Inject(backendConfig.KEY) private readonly config: BackendConfig,
  ) {}

  /** Streams the body back once the work is done; until then, backpressure stops the upload. */
  @Post('echo')
  @HttpCode(200)
  async echo(@Req() request: Request, @Res() response: Response): Promise<void> {
    const demand = demandOf(request.headers);
    await untilDisconnect(response, async (disconnect) => {
      await this.emulator.perform(demand, disconnect);
      reportCost(response, { ...demand });
      response.setHeader('content-type', request.headers['content-type'] ?? 'application/octet-stream');
      const length = request.headers['content-length'];
      if (length !== undefined) response.setHeader('content-length', length);
      await pipeline(request, response);
    });
  }

  @All('{*path}')
  @HttpCode(200)
  async serve(@Req() request: Request, @Res() response: Response): Promise<void> {
    const demand = demandOf(request.headers);
    const minimumBytes = paddingLength(request.query['bytes']);
    await untilDisconnect(response, async (disconnect) => {
      const bodyRead = finished(request.resume(), { writable: false });
      await Promise.all([this.emulator.perform(demand, disconnect), bodyRead]);
      reportCost(response, { ...demand });
      const isPage = request.path === '/' && request.accepts(['json', 'html']) === 'html';
      const report = this.reportOn(request, demand);
      const body = Buffer.from(isPage ? jobPage(report) : `${JSON.stringify(report)}\n`);
      response.setHeader('content-type', isPage ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8');
      response.setHeader('content-length', Math.max(body.length, minimumBytes));
      response.vary('Accept');
      await pipeline(padded(body, minimumBytes), response);
    });
  }

  private reportOn({ method, path }: Request, demand: Demand): JobReport {
    const { capacity, id } = this.config;
    const backend = this.registration.state.id ?? id ?? null;
    return { backend, host: this.host, method, path, demand, capacity, totals: this.emulator.totals };
  }
}

/** Runs `job` with a signal that aborts when the client disconnects. Errors after that are dropped. */
async function untilDisconnect(response: Response, job: (disconnect: AbortSignal) => Promise<void>): Promise<void> {
  const disconnect = new AbortController();
  response.once('close', () => disconnect.abort());
  try {
    await job(disconnect.signal);
  } catch (error) {
    if (!response.req.socket.destroyed) throw error;
  }
}

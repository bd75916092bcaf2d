// The API of the configuration file: show what is in force, check another document, reload.
import {
  configurationCheckSchema,
  configurationProblemSchema,
  configurationReloadSchema,
  configurationSchema,
  problemSchema,
  type ConfigurationCheck,
  type ConfigurationReload,
  type ConfigurationView,
} from '@fairlead/contracts';
import { maskedTraffic, trafficChanges } from '@fairlead/traffic-config';
import { ConflictException, Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ApiBody, ApiConsumes, ApiOperation, ApiResponse, ApiTags } from '../../api-description/decorators.js';
import { callerOf } from '../../access/caller.js';
import { RequiredRole } from '../../access/required-role.js';
import { CurrentTraffic } from '../../traffic-config/current-traffic.js';
import { ReloadStatus } from '../../traffic-config/reload-status.js';
import { TrafficFile } from '../../traffic-config/traffic-file.js';
import { ConfigurationReloads } from './configuration-reloads.js';
import { readDocument } from './document-body.js';
import { InvalidDocumentError } from './invalid-document.error.js';
import { noSecrets } from './no-secrets.js';

/** The message of a balancer without a configuration file. */
export const NO_FILE =
  'there is no configuration file: start the balancer with --config FILE or FAIRLEAD_CONFIG, or with fairlead.yaml in its ' +
  'working directory';

@ApiTags('configuration')
@Controller('api/v1/configuration')
export class ConfigurationController {
  constructor(
    private readonly file: TrafficFile,
    private readonly current: CurrentTraffic,
    private readonly status: ReloadStatus,
    private readonly reloads: ConfigurationReloads,
  ) {}

  @Get()
  @RequiredRole('read')
  @ApiOperation({ summary: 'The configuration in force' })
  @ApiResponse({ status: 200, standardSchema: configurationSchema, description: 'The values of secrets are masked' })
  show(): ConfigurationView {
    const { version, since, problems } = this.status;
    const { warnings, secrets } = this.file.loaded;
    return {
      file: this.file.path ?? null,
      version,
      since: since.toISOString(),
      problems: [...problems],
      warnings: [...warnings],
      traffic: { ...maskedTraffic(this.current.config, secrets) },
    };
  }

  @Post('check')
  @HttpCode(200)
  @RequiredRole('read')
  @ApiOperation({
    summary: 'Check a document, and show what it would change; nothing is changed',
    description:
      'Without the role `operate`, the variables and files that the document names are not read: each stands for `***`.',
  })
  @ApiConsumes('application/yaml')
  @ApiBody({ schema: { type: 'string' }, description: 'A configuration file' })
  @ApiResponse({ status: 200, standardSchema: configurationCheckSchema, description: 'It is valid' })
  @ApiResponse({ status: 413, standardSchema: problemSchema, description: 'The body is over 1 MB' })
  @ApiResponse({ status: 422, standardSchema: configurationProblemSchema, description: 'It is not valid' })
  async check(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<ConfigurationCheck> {
    const document = await readDocument(request, response);
    const secrets = callerOf(request).has('operate') ? this.file.secrets : noSecrets;
    const reading = this.file.parse(document, 'document', secrets);
    if ('problems' in reading) throw new InvalidDocumentError('the document', reading.problems);
    const { traffic, warnings } = reading;
    return { changes: [...trafficChanges(this.current.config, traffic)], warnings: [...warnings] };
  }

  @Post('reload')
  @HttpCode(200)
  @RequiredRole('operate')
  @ApiOperation({ summary: 'Reload the file; responds when all threads serve by what it says' })
  @ApiResponse({ status: 200, standardSchema: configurationReloadSchema, description: 'It is in force' })
  @ApiResponse({ status: 409, standardSchema: problemSchema, description: 'There is no configuration file' })
  @ApiResponse({
    status: 422,
    standardSchema: configurationProblemSchema,
    description: 'It is not valid; nothing was changed',
  })
  async reload(@Req() request: Request): Promise<ConfigurationReload> {
    const { path } = this.file;
    if (path === undefined) throw new ConflictException(NO_FILE);
    const outcome = await this.reloads.reload(callerOf(request).asActor('reload'));
    const { result, changes, warnings } = outcome;
    if (result === 'rejected') throw new InvalidDocumentError(path, outcome.problems);
    return { result, version: this.status.version, changes: [...changes], warnings: [...warnings] };
  }
}

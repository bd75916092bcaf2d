// The registration API, version 1: register, renew, drain and leave.
import {
  backendListSchema,
  backendViewSchema,
  problemSchema,
  registeredBackendSchema,
  registrationSchema,
  BACKEND_SECRET_HEADER,
  REGISTRY_HEADER,
  type BackendView,
  type RegisteredBackend,
  type Registration,
} from '@fairlead/contracts';
import {
  BadRequestException,
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  ParseBoolPipe,
  Post,
  Put,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import type { Request, Response } from 'express';
import { ApiHeader, ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiTags } from '../../api-description/decorators.js';
import { balancerConfig } from '../../config/balancer.config.js';
import { callerOf, type Caller } from '../../access/caller.js';
import { RequiredRole } from '../../access/required-role.js';
import { Membership } from '../../cluster/membership.js';
import { normalize } from '../../registry/registration-normalizer.js';
import { BackendViews } from './backend-views.js';
import { drainTimeout } from './drain-timeout.pipe.js';
import { BackendAccess } from '../../net/backend-access.js';
import { RegistrationRateLimitGuard, TOO_MANY } from './registration-rate-limit.guard.js';
import { requireOwner, requireRegistered } from '../../registry/ownership.js';
import { RegistryService } from '../../registry/registry.service.js';
import type { Role } from '../../config/token-variables.js';

const NOT_FOUND = { status: 404, standardSchema: problemSchema, description: 'No backend of that id' };
const ID_PARAM = { name: 'id', description: "The backend's id; percent-encoded if it is a URL", example: 'files-1' };

const SECRET = {
  name: BACKEND_SECRET_HEADER,
  required: false,
  description: 'The secret that the backend got when it registered; not needed with the role `operate`',
} as const;

const TIMEOUT_QUERY = {
  name: 'timeoutSeconds',
  required: false,
  description: 'Time for exchanges in flight to end before they are cut off; default: DRAIN_TIMEOUT_SECONDS',
  schema: { type: 'number', minimum: 0, maximum: 86_400 },
} as const;
const BAD_QUERY = {
  status: 400,
  standardSchema: problemSchema,
  description: 'A query parameter is invalid; nothing was changed',
};

const trueOrFalse = new ParseBoolPipe({
  optional: true,
  exceptionFactory: () => new BadRequestException('now must be true or false'),
});

@ApiTags('backends')
@Controller('api/v1/backends')
export class BackendsController {
  constructor(
    private readonly registry: RegistryService,
    private readonly membership: Membership,
    private readonly views: BackendViews,
    private readonly access: BackendAccess,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {}

  @Post()
  @RequiredRole('register')
  @UseGuards(RegistrationRateLimitGuard)
  @ApiHeader(SECRET)
  @ApiOperation({ summary: 'Register, or update the backend of the same id or address' })
  @ApiResponse({ status: 201, standardSchema: registeredBackendSchema, description: 'Registered; probed at once' })
  @ApiResponse({ status: 200, standardSchema: registeredBackendSchema, description: 'Updated' })
  @ApiResponse({
    status: 400,
    standardSchema: problemSchema,
    description: 'The body is invalid; nothing was changed',
  })
  @ApiResponse({ status: 404, standardSchema: problemSchema, description: 'There is no pool of that name' })
  @ApiResponse({
    status: 409,
    standardSchema: problemSchema,
    description: 'The id or the address is taken, also by a backend of the configuration file',
  })
  @ApiResponse({ status: 413, standardSchema: problemSchema, description: 'The body is over 100 kB' })
  @ApiResponse(TOO_MANY)
  @ApiResponse({ status: 503, standardSchema: problemSchema, description: 'MAX_BACKENDS are registered' })
  async register(
    @Body({ schema: registrationSchema }) body: Registration,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RegisteredBackend> {
    const caller = callerOf(request);
    const { RESOURCES: resources } = this.config;
    const spec = normalize(body, { callerAddress: caller.address, resources, access: this.access });
    caller.requireId(spec.id);
    caller.requirePool(spec.pool);
    const known = this.registry.find(spec);
    if (known) caller.requirePool(known.pool);
    const by = caller.asActor('register');
    const { backend, isNew, secret } = await this.membership.register(spec, caller.asClaimant(), by);
    response.status(isNew ? 201 : 200);
    const view = await this.views.of(backend, request);
    return secret === undefined ? view : { ...view, secret };
  }

  @Get()
  @RequiredRole('read')
  @ApiOperation({ summary: 'List the fleet, or the backends of a pool, sorted by id' })
  @ApiQuery({ name: 'pool', required: false, schema: { type: 'string' } })
  @ApiResponse({ status: 200, standardSchema: backendListSchema, description: 'The fleet' })
  @ApiResponse({ status: 404, standardSchema: problemSchema, description: 'There is no pool of that name' })
  async list(@Query('pool') name: string | undefined, @Req() request: Request): Promise<{ backends: BackendView[] }> {
    if (name !== undefined) this.registry.knownPools.require(name);
    const backends = this.registry.list().filter(({ pool }) => name === undefined || pool === name);
    return { backends: await this.views.ofAll(backends, request) };
  }

  @Get(':id')
  @RequiredRole('read', { orOwner: true })
  @ApiOperation({ summary: 'Show a backend', description: 'Its owner needs only the role `register`.' })
  @ApiParam(ID_PARAM)
  @ApiHeader(SECRET)
  @ApiResponse({ status: 200, standardSchema: backendViewSchema, description: 'The backend as the balancer sees it' })
  @ApiResponse(NOT_FOUND)
  async show(@Param('id') id: string, @Req() request: Request): Promise<BackendView> {
    const caller = callerOf(request);
    if (!caller.has('read')) this.requireOwner(id, caller, 'read');
    return this.views.of(this.registry.get(id), request);
  }

  @Put(':id/lease')
  @RequiredRole('register')
  @ApiOperation({ summary: 'Renew a lease' })
  @ApiParam(ID_PARAM)
  @ApiHeader(SECRET)
  @ApiResponse({
    status: 200,
    standardSchema: backendViewSchema,
    description: `Renewed. With ${REGISTRY_HEADER}: away, only with this balancer: the shared registry does not respond`,
    headers: { [REGISTRY_HEADER]: { description: 'away, or absent', schema: { type: 'string' } } },
  })
  @ApiResponse({ ...NOT_FOUND, description: 'No backend of that id, or its lease has lapsed: register again' })
  @ApiResponse({
    status: 409,
    standardSchema: problemSchema,
    description: 'It registered without leaseSeconds, or did not register',
  })
  async renew(
    @Param('id') id: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<BackendView> {
    this.requireOwner(id, callerOf(request));
    requireRegistered(this.registry.get(id));
    if (this.membership.isStoreAway) response.setHeader(REGISTRY_HEADER, 'away');
    return this.views.of(this.membership.renew(id), request);
  }

  @Post(':id/drain')
  @HttpCode(200)
  @RequiredRole('operate')
  @ApiOperation({ summary: 'Pause: no new request is sent there; exchanges in flight have until the timeout to end' })
  @ApiParam(ID_PARAM)
  @ApiQuery(TIMEOUT_QUERY)
  @ApiResponse({
    status: 200,
    standardSchema: backendViewSchema,
    description: 'Draining; drain.complete shows when it is done',
  })
  @ApiResponse(BAD_QUERY)
  @ApiResponse(NOT_FOUND)
  async drain(
    @Param('id') id: string,
    @Query('timeoutSeconds', drainTimeout) timeoutSeconds: number | undefined,
    @Req() request: Request,
  ): Promise<BackendView> {
    const by = callerOf(request).asActor('drain');
    return this.views.of(await this.membership.drain(id, timeoutSeconds, by), request);
  }

  @Post(':id/resume')
  @HttpCode(200)
  @RequiredRole('operate')
  @ApiOperation({ summary: 'Resume a paused or leaving backend' })
  @ApiParam(ID_PARAM)
  @ApiResponse({ status: 200, standardSchema: backendViewSchema, description: 'The backend as the balancer sees it' })
  @ApiResponse(NOT_FOUND)
  async resume(@Param('id') id: string, @Req() request: Request): Promise<BackendView> {
    const by = callerOf(request).asActor('resume');
    return this.views.of(await this.membership.resume(id, by), request);
  }

  @Delete(':id')
  @RequiredRole('register')
  @ApiHeader(SECRET)
  @ApiOperation({ summary: 'Leave the fleet: drain first, unless now=true' })
  @ApiParam(ID_PARAM)
  @ApiQuery({ name: 'now', required: false, schema: { type: 'boolean', default: false } })
  @ApiQuery(TIMEOUT_QUERY)
  @ApiResponse({ status: 204, description: 'Gone' })
  @ApiResponse({
    status: 202,
    standardSchema: backendViewSchema,
    description: 'Draining; removed when nothing is in flight',
  })
  @ApiResponse(BAD_QUERY)
  @ApiResponse(NOT_FOUND)
  @ApiResponse({ status: 409, standardSchema: problemSchema, description: 'The configuration file names it, or DNS' })
  async leave(
    @Param('id') id: string,
    @Query('now', trueOrFalse) now: boolean | undefined,
    @Query('timeoutSeconds', drainTimeout) timeoutSeconds: number | undefined,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<BackendView | undefined> {
    const caller = callerOf(request);
    this.requireOwner(id, caller);
    requireRegistered(this.registry.get(id));
    const by = caller.asActor('remove');
    const draining = now
      ? await this.membership.leaveNow(id, by).then(() => undefined)
      : await this.membership.leave(id, timeoutSeconds, by);
    response.status(draining ? 202 : 204);
    return draining && this.views.of(draining, request);
  }
  /** Checks that a backend belongs to the caller, or that it is an operator. */
  private requireOwner(id: string, caller: Caller, role?: Role): void {
    caller.requireId(id);
    const backend = this.registry.get(id);
    caller.requirePool(backend.pool);
    requireOwner(backend, caller.asClaimant(), role);
  }
}

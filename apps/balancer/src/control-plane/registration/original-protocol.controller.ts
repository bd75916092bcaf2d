// The original registration protocol: a JSON body on any request to `/`, and a plain-text response.
import { originalRegistrationSchema } from '@fairlead/contracts';
import { All, Body, Controller, Header, Inject, Req, Res, UseGuards } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import type { Request, Response } from 'express';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '../../api-description/decorators.js';
import { balancerConfig } from '../../config/balancer.config.js';
import { callerOf, type Caller } from '../../access/caller.js';
import { DocumentedRole, NoRequiredRole } from '../../access/required-role.js';
import { formatIssues } from '../../config/validation-message.js';
import { OriginalProtocolGuard } from '../../access/original-protocol.guard.js';
import { normalizeOriginal } from '../../registry/registration-normalizer.js';
import { BackendAccess } from '../../net/backend-access.js';
import { explainRefusal } from '../audit.js';
import { RegistrationRateLimitGuard, TOO_MANY } from './registration-rate-limit.guard.js';
import { statusOf } from '../registry-error-status.js';
import { Membership } from '../../cluster/membership.js';

/** A response's status and text. */
type PlainResponse = readonly [status: number, text: string];

@ApiTags('original protocol')
@Controller()
export class OriginalProtocolController {
  constructor(
    private readonly membership: Membership,
    private readonly access: BackendAccess,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {}

  @All()
  @UseGuards(OriginalProtocolGuard, RegistrationRateLimitGuard)
  @NoRequiredRole()
  @DocumentedRole('register')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @ApiOperation({
    summary: 'Register in the original protocol, with any method',
    description:
      'Registers port 80 of the caller, or the port given as "Port". Any method does the same; a body with GET is allowed. ' +
      'A body with "Port" and without both vectors registers a backend that declares nothing of its resources.',
  })
  @ApiBody({ schema: { type: 'object', example: { 'Compute-Vector': 20, 'Storage-Vector': 8 } } })
  @ApiResponse({ status: 200, description: '`Server accepted`, with a newline' })
  @ApiResponse({
    status: 400,
    description:
      '`Invalid request payload`, `Missing compute or storage vector`, or a sentence that says what is wrong',
  })
  @ApiResponse({
    status: 401,
    description: 'Tokens are set, the request does not carry a valid one, and is not from ORIGINAL_PROTOCOL_NETWORKS',
  })
  @ApiResponse({ status: 404, description: 'The original protocol is off' })
  @ApiResponse({ status: 409, description: 'The address belongs to a backend that another caller registered' })
  @ApiResponse({ status: 415, description: 'A browser sent something other than application/json' })
  @ApiResponse(TOO_MANY)
  @ApiResponse({ status: 503, description: 'MAX_BACKENDS are registered' })
  async register(
    @Body() body: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<string> {
    const [status, text] = await this.tryRegister(body, callerOf(request));
    response.status(status);
    if (status !== 200) explainRefusal(response, text);
    return `${text}\n`;
  }

  private async tryRegister(body: unknown, caller: Caller): Promise<PlainResponse> {
    const payload = typeof body === 'string' ? parseObject(body) : undefined;
    if (!payload) return [400, 'Invalid request payload'];
    if (lacksVector(payload)) return [400, 'Missing compute or storage vector'];
    const parsed = originalRegistrationSchema.safeParse(payload);
    if (!parsed.success) return [400, formatIssues(parsed.error.issues)];
    try {
      const spec = normalizeOriginal(parsed.data, {
        callerAddress: caller.address,
        resources: this.config.RESOURCES,
        access: this.access,
      });
      caller.requireId(spec.id);
      caller.requirePool(spec.pool);
      const claimant = caller.asClaimant({ takesSecret: false });
      const by = caller.asActor('register');
      await this.membership.register(spec, claimant, by);
      return [200, 'Server accepted'];
    } catch (error) {
      const status = statusOf(error);
      if (status !== undefined) return [status, (error as Error).message];
      throw error;
    }
  }
}

/** Whether a vector is missing. A body with neither of them declares nothing, if it says at least its port. */
function lacksVector({ 'Compute-Vector': compute, 'Storage-Vector': storage, Port: port }: Record<string, unknown>) {
  const declaresNothing = compute === undefined && storage === undefined && port !== undefined;
  return !declaresNothing && (compute == null || storage == null);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

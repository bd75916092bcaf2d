// The examples of errors in the API documentation: of the status and of the operation, with the text of the error itself.
import { STATUS_CODES } from 'node:http';
import type { OpenAPIObject } from '@nestjs/swagger';
import { requiresRole } from '../../access/caller.js';
import { missingToken } from '../../access/access-control.js';
import { TooManyRequestsException } from '../../access/too-many-requests.js';
import type { Role } from '../../config/token-variables.js';
import {
  FleetFullError,
  NoLeaseError,
  NotRegisteredError,
  TakenError,
  UnknownBackendError,
  UnknownPoolError,
} from '../../registry/registry.errors.js';
import { bodyTooLarge } from '../body-parser-errors.js';
import { invalidDrainTimeout } from '../registration/drain-timeout.pipe.js';
import { NO_FILE } from '../configuration/configuration.controller.js';
import { InvalidDocumentError } from '../configuration/invalid-document.error.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const ID = 'files-1';
const PROBLEMS = ['line 3, column 5: pools.web.policy must be one of drf, random, got "rnd"'];

/** What differs between operations, by their ids. */
const OF_OPERATIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  BackendsController_register: {
    404: new UnknownPoolError('web', ['default']).message,
    409: new TakenError(ID).message,
  },
  BackendsController_list: { 404: new UnknownPoolError('web', ['default']).message },
  BackendsController_renew: { 409: new NoLeaseError(ID).message },
  BackendsController_drain: { 400: invalidDrainTimeout('soon') },
  BackendsController_leave: {
    400: invalidDrainTimeout('soon'),
    409: new NotRegisteredError(ID, 'static').message,
  },
  PlacementController_explain: {
    400: 'demand.compute must be a number from 0 to 1000000, got -1',
    404: new UnknownPoolError('web', ['default']).message,
  },
  ConfigurationController_check: { 413: bodyTooLarge(1_000_000) },
  ConfigurationController_reload: { 409: NO_FILE },
};

/** What is the same in the others. */
const OF_STATUSES: Readonly<Record<string, string>> = {
  400: 'resources.compute must be a number from 0 to 1000000000, got -1',
  401: missingToken().message,
  404: new UnknownBackendError(ID).message,
  409: new TakenError(ID).message,
  413: bodyTooLarge(102_400),
  422: new InvalidDocumentError('the document', PROBLEMS).message,
  429: new TooManyRequestsException('at most 30 new backends a minute are allowed from one address', 7).message,
  503: new FleetFullError(1024).message,
};

/** Adds an example to each error of an operation: the schema has one for all. */
export function addErrorExamples(operation: Operation | undefined): void {
  for (const [status, response] of Object.entries(operation?.responses ?? {})) {
    const { content } = (response ?? {}) as {
      content?: Record<string, { schema?: { $ref?: string }; example?: unknown }>;
    };
    const body = content?.['application/json'];
    const name = body?.schema?.$ref?.split('/').at(-1);
    if (!operation || !body || !name?.endsWith('Problem')) continue;
    const message = messageOf(operation, status);
    const problem = { statusCode: Number(status), error: STATUS_CODES[status], message };
    body.example = name === 'Problem' ? problem : { ...problem, problems: PROBLEMS };
  }
}

function messageOf({ operationId = '', security }: Operation, status: string): string | undefined {
  const own = OF_OPERATIONS[operationId]?.[status];
  if (own !== undefined || status !== '403') return own ?? OF_STATUSES[status];
  const needed = (security?.[0]?.['bearer']?.[0] ?? 'operate') as Role;
  // A token that has another role: the one below, or else the one beside it.
  const has = needed === 'read' ? 'register' : 'read';
  return requiresRole(needed, 'the token "ci"', has);
}

// Turns every error of the control plane into a response body with status, name and one sentence.
import { STATUS_CODES } from 'node:http';
import type { ConfigurationProblem, Problem } from '@fairlead/contracts';
import {
  Catch,
  HttpException,
  Logger,
  NotFoundException,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import type { Response } from 'express';
import { TooManyRequestsException } from '../access/too-many-requests.js';
import { explainRefusal } from './audit.js';
import { InvalidDocumentError } from './configuration/invalid-document.error.js';
import { statusOf } from './registry-error-status.js';

@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('ControlPlane');

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (error instanceof TooManyRequestsException) response.setHeader('Retry-After', error.retryAfterSeconds);
    const problem = this.problemOf(error);
    // RFC 9110 §11.6.1 requires it.
    if (problem.statusCode === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="fairlead"');
    explainRefusal(response, problem.message);
    response.status(problem.statusCode).json(problem);
  }

  private problemOf(error: unknown): Problem | ConfigurationProblem {
    if (error instanceof NotFoundException) return problem(404, withoutQuery(messageOf(error)));
    if (error instanceof HttpException) return problem(error.getStatus(), messageOf(error));
    if (error instanceof InvalidDocumentError) {
      return { ...problem(422, error.message), problems: [...error.problems] };
    }
    const status = statusOf(error);
    if (status !== undefined) return problem(status, (error as Error).message);
    this.logger.error(error);
    return problem(500, "internal error: see the balancer's log");
  }
}

function problem(statusCode: number, message: string): Problem {
  return { statusCode, error: STATUS_CODES[statusCode] ?? 'Error', message };
}

/** Nest names the whole target of a request that has no route; a query may be a secret. */
function withoutQuery(message: string): string {
  const at = message.indexOf('?');
  return at === -1 ? message : message.slice(0, at);
}

function messageOf(error: HttpException): string {
  const body = error.getResponse();
  if (typeof body === 'string') return body;
  const { message, error: indicators } = body as { message?: unknown; error?: unknown };
  if (typeof indicators === 'object' && indicators !== null) return healthMessage(indicators);
  if (Array.isArray(message)) return message.join('; ');
  return typeof message === 'string' ? message : error.message;
}

/** The messages of the failing indicators of @nestjs/terminus, by name. */
function healthMessage(indicators: object): string {
  const failing = Object.entries(indicators as Record<string, { readonly message?: string }>);
  return failing.map(([name, { message }]) => message ?? `${name} is down`).join('; ');
}

// Finds the requests of the control plane that were refused, whichever part refused them, by their responses.
import { STATUS_CODES } from 'node:http';
import { backendIdSchema } from '@fairlead/contracts';
import type { NextFunction, Request, Response } from 'express';
import { findCaller } from '../access/caller.js';
import { callerAddressOf } from '../access/caller-address.js';
import type { Refusals } from './refusals.js';

/** What a caller asks for. */
export type Action = 'register' | 'renew' | 'drain' | 'resume' | 'remove' | 'reload' | 'read';

/** Statuses with which any request is refused. */
const REFUSED = new Set([401, 403, 413, 415, 421, 429]);
/** Statuses with which a registration is refused besides: it is not valid, its id is taken, or the fleet is full. */
const REFUSED_REGISTRATION = new Set([400, 409, 503]);

const BACKEND_ROUTE = /^\/api\/v1\/backends(?:\/([^/]+)(?:\/(lease|drain|resume))?)?\/?$/;
const RELOAD_ROUTE = /^\/api\/v1\/configuration\/reload\/?$/;
/** Longer reasons are cut: they may quote what the caller sent. */
const MAX_REASON_LENGTH = 200;

/** Says in the audit why a request is refused, where its response does not come from the filter of errors. */
export function explainRefusal(response: Response, reason: string): void {
  response.locals.refusalReason = reason;
}

/** Middleware that reports refused requests; the first, so that it sees those that no other part handles. */
export function auditRefusals(refusals: Refusals) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const { method, path } = request;
    // Known no more once the connection is closed.
    const caller = callerAddressOf(request);
    // Not `finish`: a caller that has gone does not read its response, and was refused all the same.
    response.once('close', () => {
      const { statusCode: status, locals } = response;
      const action = actionOf(method, path);
      if (!REFUSED.has(status) && !(action === 'register' && REFUSED_REGISTRATION.has(status))) return;
      const reason = String(locals.refusalReason ?? STATUS_CODES[status] ?? status).slice(0, MAX_REASON_LENGTH);
      const token = findCaller(request)?.tokenName;
      refusals.record({ caller, token, action, backend: backendOf(path, request.body), reason, status });
    });
    next();
  };
}

/** What a request asks for. */
export function actionOf(method: string, path: string): Action {
  if (path === '/') return 'register';
  if (method === 'POST' && RELOAD_ROUTE.test(path)) return 'reload';
  const route = BACKEND_ROUTE.exec(path);
  if (!route) return 'read';
  const [, id, verb] = route;
  if (method === 'POST' && id === undefined) return 'register';
  if (method === 'PUT' && verb === 'lease') return 'renew';
  if (method === 'POST' && (verb === 'drain' || verb === 'resume')) return verb;
  return method === 'DELETE' && id !== undefined && verb === undefined ? 'remove' : 'read';
}

/** The id that a request gives, in its path or its body, if it has the form of one. */
function backendOf(path: string, body: unknown): string | null {
  const inPath = BACKEND_ROUTE.exec(path)?.[1];
  const id: unknown = inPath === undefined ? (body as { id?: unknown } | null | undefined)?.id : tryDecode(inPath);
  const parsed = backendIdSchema.safeParse(id);
  return parsed.success ? parsed.data : null;
}

function tryDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

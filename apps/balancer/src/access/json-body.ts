// Accepts bodies as `application/json`, and configuration files as YAML, only. A page of any origin can send other content types without a preflight
// (https://fetch.spec.whatwg.org/#cors-safelisted-request-header), and a form can send JSON as `text/plain`.
import { UnsupportedMediaTypeException } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

const JSON_TYPES = ['application/json', 'application/*+json'];
/** RFC 9512. JSON is YAML, too. */
const YAML_TYPES = ['application/yaml', ...JSON_TYPES];
/** The route that takes a configuration file, in all forms that Express routes to it. */
const CHECK_ROUTE = /^\/api\/v1\/configuration\/check\/?$/i;

/**
 * Middleware that refuses bodies of other types with status 415. Servers of the original protocol send JSON as any type
 * or none, on `/`; there, only a browser must send the right type.
 */
export function requireJson(request: Request, _response: Response, next: NextFunction): void {
  const types = takesDocument(request) ? YAML_TYPES : JSON_TYPES;
  if (!hasBody(request) || request.is(types)) return next();
  if (request.path === '/' && !isFromBrowser(request)) return next();
  const given = request.headers['content-type'];
  const got = given === undefined ? 'got none' : `got ${JSON.stringify(given.slice(0, 100))}`;
  next(new UnsupportedMediaTypeException(`the Content-Type of a body must be ${types[0]}, ${got}`));
}

/** Whether the body of a request is a configuration file, which its route reads. */
export function takesDocument({ path }: Request): boolean {
  return CHECK_ROUTE.test(path);
}

/** Whether the request has a body that is not empty (RFC 9112 §6.3). */
export function hasBody({ headers }: Request): boolean {
  if (headers['transfer-encoding'] !== undefined) return true;
  return Number(headers['content-length'] ?? 0) > 0;
}

/** Whether a browser sent it, or a program that says so. */
function isFromBrowser({ headers }: Request): boolean {
  return headers.origin !== undefined || Object.keys(headers).some((name) => name.startsWith('sec-fetch-'));
}

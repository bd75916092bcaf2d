// Headers of every response of the control plane: what browsers may do with it.
import { securityHeaders } from '@fairlead/http-server';
import type { NextFunction, Request, Response } from 'express';

/** Nothing may be loaded into a response of the API, and no page may frame it. */
const apiHeaders = securityHeaders([
  "default-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
]);

/** Swagger UI has style sheets and styles in its page, and images in both. Its scripts are files, and so may be required. */
const docsHeaders = securityHeaders([
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
]);

/** Express middleware that sets the headers. */
export function responseHeaders(request: Request, response: Response, next: NextFunction): void {
  const isDocs = request.path === '/docs' || request.path.startsWith('/docs/');
  // The files of the documentation are 1.5 MB, the same for all, and revalidated.
  if (!isDocs) response.setHeader('Cache-Control', 'no-store');
  const set = isDocs ? docsHeaders : apiHeaders;
  set(request, response, next);
}

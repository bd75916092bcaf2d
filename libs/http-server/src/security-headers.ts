// Headers of every response that keep other origins from running in, loading into or framing a page.
import type { Middleware } from './middleware.js';

/** Returns middleware that sets the headers, with this Content-Security-Policy. */
export function securityHeaders(contentSecurityPolicy: readonly string[]): Middleware {
  const policy = contentSecurityPolicy.join('; ');
  return (_request, response, next) => {
    response.setHeader('Content-Security-Policy', policy);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
    next();
  };
}

// Refuses requests that a browser sends on behalf of a page of another origin, against cross-site request forgery. Every
// current browser sends `Sec-Fetch-Site` (Fetch Metadata) to this machine and over https, and `Origin` with every method
// but GET and HEAD.
import type { IncomingHttpHeaders } from 'node:http';
import { ForbiddenException } from '@nestjs/common';
import type { Request } from 'express';
import type { Middleware } from './middleware.js';
import { quote } from './quote.js';

/** The page is of the same origin, or there is none: the user typed the address or opened a bookmark. */
const OWN_SITES = new Set<unknown>(['same-origin', 'none']);

/** Returns middleware that refuses requests of foreign pages with status 403, except those that `isAllowed` accepts. */
export function refuseForeignPages(isAllowed: (request: Request) => boolean = () => false): Middleware {
  return (request, _response, next) => {
    const page = foreignPageOf(request.headers);
    if (page === undefined || isAllowed(request)) return next();
    next(new ForbiddenException(`requests of other web pages are refused, and this one has ${page}`));
  };
}

/**
 * Returns the header field that shows that a page of another origin sent the request; undefined if none does. Another
 * port of this machine is another origin. Schemes are not compared, because a proxy may have terminated TLS.
 */
export function foreignPageOf(headers: IncomingHttpHeaders): string | undefined {
  const { origin, host, 'sec-fetch-site': site } = headers;
  if (site !== undefined && !OWN_SITES.has(site)) return `Sec-Fetch-Site: ${quote(site)}`;
  if (origin === undefined) return undefined;
  const isOwn = host !== undefined && /^https?:/.test(origin) && isSameHost(origin, `http://${host}`);
  return isOwn ? undefined : `Origin: ${quote(origin)}`;
}

/** Whether both are URLs with the same host and port. */
function isSameHost(one: string, other: string): boolean {
  const host = URL.parse(one)?.host;
  return host !== undefined && host === URL.parse(other)?.host;
}

/** Whether the user follows a link that opens this server's page in a tab, where the other page cannot read or frame it. */
export function isTopLevelNavigation({ method, headers }: Request): boolean {
  const isRead = method === 'GET' || method === 'HEAD';
  const isDocument = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return isRead && isDocument && headers.origin === undefined;
}

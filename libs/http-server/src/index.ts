/**
 * What the HTTP servers of the control plane and the dashboard share: limits, and the
 * refusal of requests that a browser sends on behalf of foreign pages.
 *
 * @module @fairlead/http-server
 */
export { LimitedExpressAdapter } from './limited-express-adapter.js';
export { isKnownHost, requireKnownHost, type KnownHosts } from './known-hosts.js';
export { isTopLevelNavigation, refuseForeignPages } from './foreign-pages.js';
export { securityHeaders } from './security-headers.js';
export type { Middleware } from './middleware.js';

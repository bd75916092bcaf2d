// Refuses requests whose `Host` is not a name of the server, against DNS rebinding: a page of evil.example whose name
// suddenly resolves to this server has the same origin as the server, but the browser still sends that name as `Host`.
import { isIPv4, isIPv6 } from 'node:net';
import { MisdirectedException } from '@nestjs/common';
import type { Middleware } from './middleware.js';
import { quote } from './quote.js';

/** The names of a server besides its addresses and `localhost`. */
export interface KnownHosts {
  /** In lower case. */
  readonly names: ReadonlySet<string>;
  /** The environment variable that sets them, for the error message. */
  readonly variable: string;
}

/** Returns middleware that refuses requests with another `Host` with status 421 (RFC 9110 §15.5.20). */
export function requireKnownHost({ names, variable }: KnownHosts): Middleware {
  return ({ headers: { host } }, _response, next) => {
    // Browsers always send a Host; health checks with HTTP/1.0 may not.
    if (host === undefined || isKnownHost(host, names)) return next();
    const allowed = `use an IP address or localhost, or add the name to ${variable}`;
    next(new MisdirectedException(`${quote(host)} is not a name of this server: ${allowed}`));
  };
}

/** Whether a `Host`, with or without a port, is an IP address, `localhost` or one of `names`. */
export function isKnownHost(host: string, names: ReadonlySet<string>): boolean {
  // An IPv6 address is in brackets and contains colons.
  const end = host.startsWith('[') ? host.indexOf(']') + 1 : host.indexOf(':');
  const name = (end === -1 ? host : host.slice(0, end)).toLowerCase();
  const port = end === -1 ? '' : host.slice(end);
  if (!/^(:\d*)?$/.test(port)) return false;
  if (name.startsWith('[')) return isIPv6(name.slice(1, -1));
  return name === 'localhost' || isIPv4(name) || names.has(name);
}

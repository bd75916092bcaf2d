// What a route to no pool responds with: redirects, and fixed responses.
import type { HeaderChanges, RedirectAction, RespondAction } from '@fairlead/traffic-config';
import type { OwnResponse } from '../headers/own-response.js';
import type { RoutableRequest } from './conditions.js';

/** Responds to the requests of a route. `isSecure`: whether they came over TLS. */
export type Responder = (request: RoutableRequest, isSecure: boolean) => OwnResponse;

const PLAIN_TEXT = 'text/plain; charset=utf-8';

/** Always the same response. */
export function fixedResponder({ status, contentType, body }: RespondAction): Responder {
  const response = { statusCode: status, fields: body === '' ? {} : { 'content-type': contentType }, body };
  return () => response;
}

/** Sends clients elsewhere (RFC 9110 §15.4). `matchedPrefix`: the prefix of the route's path, if it has one. */
export function redirectResponder(action: RedirectAction, matchedPrefix: string | undefined): Responder {
  return (request, isSecure) => {
    const location = locationOf(action, matchedPrefix, request, isSecure);
    return { statusCode: action.status, fields: { location, 'content-type': PLAIN_TEXT }, body: `${location}\n` };
  };
}

/** The responses of a responder, with the fields that the route sets and adds, and without those that it removes. */
export function withChangedFields(respond: Responder, { remove, set, add }: HeaderChanges): Responder {
  const extra: Record<string, string[]> = {};
  for (const [name, value] of [...set, ...add]) (extra[name.toLowerCase()] ??= []).push(value);
  return (request, isSecure) => {
    const { fields, ...rest } = respond(request, isSecure);
    const kept = Object.entries(fields).filter(([name]) => !remove.includes(name));
    return { ...rest, fields: { ...Object.fromEntries(kept), ...extra } };
  };
}

function locationOf(
  { scheme, host, path, prefix }: RedirectAction,
  matchedPrefix: string | undefined,
  request: RoutableRequest,
  isSecure: boolean,
): string {
  const target =
    path !== undefined
      ? path + queryOf(request.target)
      : prefix === undefined
        ? request.target
        : withPrefix(request.target, matchedPrefix ?? '/', prefix);
  const authority = host ?? request.host;
  // HTTP/1.0 has requests without a host.
  if (authority === '') return target;
  const usedScheme = scheme ?? (isSecure ? 'https' : 'http');
  // Another scheme has another port, and a redirect that does not name one means the default.
  const isOtherScheme = host === undefined && scheme !== undefined && (scheme === 'https') !== isSecure;
  return `${usedScheme}://${isOtherScheme ? authority.replace(/:\d*$/, '') : authority}${target === '*' ? '' : target}`;
}

/** A target with `to` in place of the segments `from` at its beginning. */
export function withPrefix(target: string, from: string, to: string): string {
  // The server as a whole has no path (RFC 9112 §3.2.4).
  if (target === '*') return target;
  // Two slashes could be read as the start of an authority (RFC 3986 §4.2).
  const rest = from === '/' ? target : target.slice(from.length).replace(/^\/{2,}/, '/');
  const joined = to.endsWith('/') && rest.startsWith('/') ? to + rest.slice(1) : to + rest;
  return joined.startsWith('/') ? joined : `/${joined}`;
}

function queryOf(target: string): string {
  const at = target.indexOf('?');
  return at === -1 ? '' : target.slice(at);
}

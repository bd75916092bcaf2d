// Names of hosts: those that a route matches, and those that a redirect or a rewrite names.
import { isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { z } from 'zod';

const MATCHED = 'must be a host name such as example.com, or *.example.com for all names below it';
const NAMED = 'must be a host name such as example.com, with a port if needed: example.com:8443';
const NO_REGULAR_EXPRESSION = 'must not be a regular expression: *.example.com stands for all names below example.com';
const NO_PORT = 'must be a host name without scheme, port and path: they do not count when a route is matched';
const REGULAR_EXPRESSION = /^~|[\\^$()|+?]|\.\*/;

/** Letters, digits, `-` and `_` between dots; IPv4 addresses are of this form too. */
function isName(text: string): boolean {
  return text.length <= 253 && text.split('.').every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
}

function isAddress(text: string): boolean {
  return text.startsWith('[') && text.endsWith(']') && isIPv6(text.slice(1, -1));
}

/** Why `host` cannot be matched; undefined if it can. In lower case. */
function matchProblem(host: string): string | undefined {
  const name = host.startsWith('*.') ? host.slice(2) : host;
  if (isName(name) || isAddress(host)) return undefined;
  if (REGULAR_EXPRESSION.test(host)) return NO_REGULAR_EXPRESSION;
  if (host === '*') return `${MATCHED}; without a host, a route matches all`;
  return asciiProblem(name) ?? (/[:/]/.test(host) ? NO_PORT : MATCHED);
}

/** Names with other letters arrive in their ASCII form (RFC 5891). */
function asciiProblem(name: string): string | undefined {
  const ascii = /[^\x20-\x7e]/.test(name) ? domainToASCII(name) : '';
  return ascii === '' ? undefined : `must be in the form that arrives: ${ascii}`;
}

/** A host of a route's match, parsed into lower case. */
export const matchedHost = z.string(MATCHED).transform((text, context) => {
  const host = text.toLowerCase();
  const problem = matchProblem(host);
  if (problem === undefined) return host;
  context.addIssue({ code: 'custom', message: problem });
  return z.NEVER;
});

/** A host with a port if needed, parsed into lower case. */
export const namedHost = z
  .string(NAMED)
  .toLowerCase()
  .refine((text) => {
    const [, host, port] = /^(.*?)(?::(\d{1,5}))?$/.exec(text) ?? [];
    return (isName(host) || isAddress(host)) && (port === undefined || (Number(port) >= 1 && Number(port) <= 65_535));
  }, NAMED);

/** The host of `host:port`. */
export function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '');
}

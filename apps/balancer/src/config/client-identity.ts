// The variables that say who a client is, which of its headers are believed, and whether its requests have ids.
import type { BlockList } from 'node:net';
import { cidrList, decimal, oneOf, wholeNumber, type Environment } from '@fairlead/configuration';

/** A part of the balancer's schema. */
export const clientIdentityVariables = {
  TRUSTED_PROXIES: cidrList()
    .prefault('none')
    .describe('Proxies whose X-Forwarded-* and Forwarded are believed and continued: they name the client'),
  TRUSTED_HOPS: wholeNumber(1, 100)
    .prefault('10')
    .describe('Proxies in a row, the nearest one included, that are believed when they name the client'),
  PROXY_PROTOCOL: oneOf(['off', 'on'])
    .prefault('off')
    .describe('Whether connections from TRUSTED_PROXIES begin with a PROXY header, of version 1 or 2: off, on'),
  REQUEST_ID: oneOf(['on', 'off'])
    .prefault('on')
    .describe('Whether each request has an id, in X-Request-Id to backends and clients and in the log: on, off'),
  UNDERSCORE_HEADERS: oneOf(['drop', 'reject', 'allow'])
    .prefault('drop')
    .describe(
      'What is done with request headers that have `_` in their name, which many backends take for `-`: drop, reject (400), allow',
    ),
  DEMAND_CLIENTS: cidrList()
    .prefault('none')
    .describe('Peers of a connection whose demand headers and Fairlead-Explain are read'),
  MAX_DEMAND_RATIO: decimal(1, 1_000_000_000)
    .prefault('100')
    .describe(
      'Limit of a declared demand, as a multiple of the mean of those declared for its route; what exceeds it does not count',
    ),
};

/** A sentence for each variable of an earlier version that is set. */
export function replacedVariables(environment: Environment): string[] {
  if ((environment.TRUSTED_CLIENTS ?? '').trim() === '') return [];
  return [
    'TRUSTED_CLIENTS was replaced by TRUSTED_PROXIES, for clients whose X-Forwarded-* and Forwarded are believed, ' +
      'and DEMAND_CLIENTS, for clients whose demand headers are read: set these',
  ];
}

/** A sentence for each contradiction among these variables. */
export function identityContradictions(config: {
  readonly PROXY_PROTOCOL: string;
  readonly TRUSTED_PROXIES: BlockList;
}): string[] {
  if (config.PROXY_PROTOCOL === 'off' || config.TRUSTED_PROXIES.rules.length > 0) return [];
  return ['PROXY_PROTOCOL=on needs TRUSTED_PROXIES, which says who sends the header, but that is none'];
}

// Looks up the addresses of a service in DNS.
import type { Resolver } from 'node:dns/promises';
import type { DiscoveryConfig } from '@fairlead/traffic-config';
import type { FoundAddress } from './backend-specs.js';

/** The part of a resolver that a lookup needs. */
export type LookupResolver = Pick<Resolver, 'resolve4' | 'resolve6' | 'resolveSrv'>;

/** What a service without any server is called: RFC 2782. */
const NO_TARGET = new Set(['', '.']);

/** What is wrong, by the code of the error. */
const CAUSES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name does not exist (NXDOMAIN)',
  ENODATA: 'the name has no such records',
  ESERVFAIL: 'the DNS server failed (SERVFAIL)',
  EREFUSED: 'the DNS server refused the lookup (REFUSED)',
  ETIMEOUT: 'no DNS server responded in time',
  ECONNREFUSED: 'no DNS server could be reached',
};

/**
 * Looks up where the backends are. Of SRV records, only those with the best priority count (RFC 2782); their weights do not:
 * the resources say how much a backend can do.
 *
 * Also rejects when there are none.
 */
export async function lookUp(resolver: LookupResolver, discovery: DiscoveryConfig): Promise<readonly FoundAddress[]> {
  const { name, record, port } = discovery;
  switch (record) {
    case 'A':
      return (await resolver.resolve4(name)).map((address) => ({ address, port }));
    case 'AAAA':
      return (await resolver.resolve6(name)).map((address) => ({ address, port }));
    case 'SRV':
      return lookUpService(resolver, name);
    default: {
      const exhaustive: never = record;
      throw new Error(`an unknown record: ${String(exhaustive)}`);
    }
  }
}

/** Why a lookup failed, as text for events. */
export function causeOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return CAUSES[code] ?? (code || message);
}

async function lookUpService(resolver: LookupResolver, name: string): Promise<readonly FoundAddress[]> {
  const records = await resolver.resolveSrv(name);
  const best = Math.min(...records.map(({ priority }) => priority));
  const targets = records.filter((record) => record.priority === best && !NO_TARGET.has(record.name));
  if (targets.length === 0) throw Object.assign(new Error('no targets'), { code: 'ENODATA' });
  const found = await Promise.all(
    targets.map(async (target) => {
      const addresses = await addressesOf(resolver, target.name);
      return addresses.map((address) => ({ address, port: target.port }));
    }),
  );
  return found.flat();
}

/** All addresses of a host. Rejects when it has none, or when they may not be all. */
async function addressesOf(resolver: LookupResolver, host: string): Promise<readonly string[]> {
  const lookups = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const failures = lookups.flatMap((lookup) => (lookup.status === 'rejected' ? [lookup.reason as Error] : []));
  const addresses = lookups.flatMap((lookup) => (lookup.status === 'fulfilled' ? lookup.value : []));
  const isComplete = failures.every((error) =>
    ['ENODATA', 'ENOTFOUND'].includes(String((error as { code?: string }).code)),
  );
  if (addresses.length > 0 && isComplete) return addresses;
  throw failures[0];
}

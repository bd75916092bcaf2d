// The affinity key of a request: the policy `maglev` sends requests with equal keys to the same backend.
import { KeyedHash } from '@fairlead/scheduling';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { Fleet } from '../registry/snapshot/fleet.js';
import type { FieldLookup } from './demand-classifier.js';

/** What a key can be read from. */
export interface KeyedRequest {
  /** Path and query. */
  readonly target: string;
  readonly field: FieldLookup;
}

@Injectable()
export class AffinityKeyReader {
  private hash: KeyedHash | undefined;

  constructor(
    private readonly fleet: Fleet,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {}

  /** Hash of the key of a request of `client`, an address; undefined when it has none, or the policy needs none. */
  of(client: string, request: KeyedRequest): number | undefined {
    if (this.config.PLACEMENT_POLICY !== 'maglev') return undefined;
    const key = keyOf(this.config.AFFINITY_KEY, client, request);
    return key === undefined ? undefined : this.hashOf(key);
  }

  /** The key of the hash is known once the fleet is, and does not change. */
  private hashOf(key: string): number {
    this.hash ??= new KeyedHash(this.fleet.hashKey);
    return this.hash.of(key);
  }
}

/**
 * The key of a request of `client`, an address; undefined when it has none.
 *
 * @param source `client`, `path`, `header:name` or `cookie:name`.
 */
export function keyOf(source: string, client: string, { target, field }: KeyedRequest): string | undefined {
  const [kind, name = ''] = source.split(':');
  switch (kind) {
    case 'path':
      return target.split('?', 1)[0];
    case 'header':
      return field(name);
    case 'cookie':
      return cookieValue(name, field('cookie'));
    default:
      return client;
  }
}

/** The value of a cookie among those of a `Cookie` field (RFC 6265 §4.2); undefined when it is absent. */
function cookieValue(name: string, cookies = ''): string | undefined {
  const pair = cookies.split(';').find((cookie) => cookie.trim().startsWith(`${name}=`));
  return pair?.trim().slice(name.length + 1);
}

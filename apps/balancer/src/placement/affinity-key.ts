// The affinity key of a request: the policy `maglev` sends requests with equal keys to the same backend of their pool.
import { KeyedHash } from '@fairlead/scheduling';
import { DEFAULT_POOL } from '@fairlead/traffic-config';
import { Injectable } from '@nestjs/common';
import { Fleet } from '../registry/snapshot/fleet.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';
import type { FieldLookup } from './demand-classifier.js';

/** What a key can be read from. */
export interface KeyedRequest {
  /** Path and query. */
  readonly target: string;
  readonly field: FieldLookup;
}

/** Where the key of a request is. */
export interface KeySource {
  /** `client`, `path`, `header` or `cookie`. */
  readonly kind: string;
  /** Of the header field or the cookie. */
  readonly name: string;
}

interface PoolKeySource {
  readonly pool: string;
  /** Undefined: the policy of the pool needs no key. */
  readonly source: KeySource | undefined;
}

@Injectable()
export class AffinityKeyReader {
  private hash: KeyedHash | undefined;
  /** That of the last request: with one pool, that of every request. */
  private last: PoolKeySource;

  constructor(
    private readonly fleet: Fleet,
    private readonly traffic: CurrentTraffic,
  ) {
    this.last = this.sourceOf(DEFAULT_POOL);
    traffic.listen(() => (this.last = this.sourceOf(DEFAULT_POOL)));
  }

  /**
   * Hash of the key of a request of `client`, an address, to a pool; undefined when it has none, or the policy of the pool
   * needs none.
   */
  of(client: string, pool: string, request: KeyedRequest): number | undefined {
    if (pool !== this.last.pool) this.last = this.sourceOf(pool);
    const { source } = this.last;
    const key = source && keyOf(source, client, request);
    return key === undefined ? undefined : this.hashOf(key);
  }

  /** The key of the hash is known once the fleet is, and does not change. */
  private hashOf(key: string): number {
    this.hash ??= new KeyedHash(this.fleet.hashKey);
    return this.hash.of(key);
  }

  private sourceOf(pool: string): PoolKeySource {
    const { policy, affinity } = this.traffic.settingsOf(pool);
    return { pool, source: policy === 'maglev' ? keySourceOf(affinity) : undefined };
  }
}

/** Reads `client`, `path`, `header:name` or `cookie:name`. */
export function keySourceOf(text: string): KeySource {
  const [kind, name = ''] = text.split(':');
  return { kind, name };
}

/** The key of a request of `client`, an address; undefined when it has none. */
export function keyOf({ kind, name }: KeySource, client: string, { target, field }: KeyedRequest): string | undefined {
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
export function cookieValue(name: string, cookies = ''): string | undefined {
  const pair = cookies.split(';').find((cookie) => cookie.trim().startsWith(`${name}=`));
  return pair?.trim().slice(name.length + 1);
}

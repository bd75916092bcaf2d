// Pools for tests, without a configuration file.
import { DEFAULT_POOL, type PoolConfig } from '@fairlead/traffic-config';
import type { CurrentTraffic } from './current-traffic.js';

/** A pool by its name, and how it differs from the default pool. */
export type TestPool = Partial<PoolConfig> & Pick<PoolConfig, 'name'>;

/** Puts these pools in force beside the default one, in place of those that were there. */
export function usePools(traffic: CurrentTraffic, ...pools: readonly TestPool[]): void {
  const base = traffic.settingsOf(DEFAULT_POOL);
  const complete = pools.map((pool) => ({ ...base, ...pool }));
  const others = complete.some(({ name }) => name === DEFAULT_POOL) ? [] : [base];
  traffic.replace({ ...traffic.config, pools: [...others, ...complete] });
}

// What is valid in a configuration, but probably a mistake: routes that cannot match, pools without requests.
import { coversMatch } from './matching/match-request.js';
import { DEFAULT_POOL, type TrafficConfig } from './traffic-config.js';

/** A sentence for each; empty for none. */
export function trafficWarnings(traffic: TrafficConfig): readonly string[] {
  return [...hiddenRoutes(traffic), ...zeroWeights(traffic), ...unusedPools(traffic), ...sharedBackends(traffic)];
}

/** Routes all of whose requests an earlier one takes. Several earlier ones together are not looked at. */
function hiddenRoutes({ routes }: TrafficConfig): string[] {
  return routes.flatMap((route, i) => {
    const earlier = routes.slice(0, i).find(({ match }) => coversMatch(match, route.match));
    return earlier === undefined
      ? []
      : [
          `route ${route.name} never matches: route ${earlier.name}, which is tried before it, matches all its requests`,
        ];
  });
}

function zeroWeights({ routes }: TrafficConfig): string[] {
  return routes.flatMap(({ name, action }) => {
    const pools = action.kind === 'pools' ? action.pools.filter(({ weight }) => weight === 0) : [];
    return pools.map(({ pool }) => `route ${name} sends nothing to pool ${pool}: its weight is 0`);
  });
}

/** The default pool is there without being named, so it counts only with backends of the file. */
function unusedPools({ pools, routes }: TrafficConfig): string[] {
  const used = new Set(
    routes.flatMap(({ action, mirror }) => [
      ...(action.kind === 'pools' ? action.pools.map(({ pool }) => pool) : []),
      ...(mirror === undefined ? [] : [mirror.pool]),
    ]),
  );
  const isImplied = ({ name, backends, discovery }: TrafficConfig['pools'][number]) =>
    name === DEFAULT_POOL && backends.length === 0 && discovery === undefined;
  return pools
    .filter((pool) => !used.has(pool.name) && !isImplied(pool))
    .map(({ name }) => `pool ${name} gets no requests: no route uses it`);
}

/** Host and port of a static backend's url, which always has both. */
function addressIn(url: string): string {
  return url.split('/')[2];
}

/** Addresses in several pools: each pool counts only its own exchanges. */
function sharedBackends({ pools }: TrafficConfig): string[] {
  const poolsByAddress = new Map<string, string[]>();
  for (const { name, backends, discovery } of pools) {
    const found = discovery === undefined ? [] : [`${discovery.name} (${discovery.record})`];
    for (const address of [...backends.map(({ url }) => addressIn(url)), ...found]) {
      const names = poolsByAddress.get(address) ?? [];
      if (!names.includes(name)) poolsByAddress.set(address, [...names, name]);
    }
  }
  return [...poolsByAddress]
    .filter(([, names]) => names.length > 1)
    .map(([address, names]) => `pools ${names.join(' and ')} both have ${address}: its load is counted apart in each`);
}

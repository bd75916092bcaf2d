// What is wrong with the backends that a configuration file names, besides their form: where they are, and their number.
import type { TrafficConfig } from '@fairlead/traffic-config';
import type { BalancerConfig } from '../config/balancer.config.js';
import type { BackendAccess } from '../net/backend-access.js';
import { staticIdOf } from './backend-id.js';

/** A sentence for each backend that may not be where it is, and one if there are too many. */
export function backendProblems(
  { pools }: TrafficConfig,
  access: BackendAccess,
  { MAX_BACKENDS: maxBackends }: Pick<BalancerConfig, 'MAX_BACKENDS'>,
): string[] {
  const problems = pools.flatMap(({ name, backends }) =>
    backends.flatMap(({ url }, i) => {
      const refusal = access.refusalOfUrl(url);
      return refusal === undefined ? [] : [`pools.${name}.backends[${i}].url must not be ${url}: ${refusal}`];
    }),
  );
  const ids = pools.flatMap(({ name, backends }) =>
    backends.map((backend) => ({ name, id: staticIdOf(backend, name) })),
  );
  for (const [i, { name, id }] of ids.entries()) {
    const first = ids.findIndex((other) => other.id === id);
    if (first < i)
      problems.push(
        `pools.${name}.backends must have ids that differ from those of pools.${ids[first].name}, got ${id}`,
      );
  }
  const count = pools.reduce((sum, { backends }) => sum + backends.length, 0);
  if (count > maxBackends)
    problems.push(`pools must have at most ${maxBackends} backends (MAX_BACKENDS), got ${count}`);
  return problems;
}

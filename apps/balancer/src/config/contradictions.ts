// Variables of the balancer that contradict each other.
import { certificateProblems } from '@fairlead/configuration';
import type { BalancerConfig } from './balancer-schema.js';
import { identityContradictions } from './client-identity.js';
import { tlsContradictions } from './tls-variables.js';
import { tokenContradictions } from './token-variables.js';
import { trafficLimitProblems } from './traffic-limits.js';

/** Variables that are compared with each other. */
type Duration = Extract<keyof BalancerConfig, `${string}_SECONDS`>;

/** A sentence for each contradiction. */
export function contradictionsIn(config: BalancerConfig): string[] {
  const problems = tokenContradictions(config);
  const ordered = (smaller: Duration, larger: Duration) => {
    if (config[smaller] <= config[larger]) return;
    problems.push(`${smaller} must be at most ${larger} (${config[larger]}), got ${JSON.stringify(config[smaller])}`);
  };
  ordered('CONNECT_TIMEOUT_SECONDS', 'ATTEMPT_TIMEOUT_SECONDS');
  ordered('ATTEMPT_TIMEOUT_SECONDS', 'REQUEST_TIMEOUT_SECONDS');
  ordered('RECHECK_MIN_SECONDS', 'RECHECK_MAX_SECONDS');
  ordered('EJECTION_SECONDS', 'EJECTION_MAX_SECONDS');
  problems.push(...identityContradictions(config), ...tlsContradictions(config), ...portContradictions(config));
  problems.push(...certificateProblems('CONTROL_PLANE_TLS', config), ...certificateProblems('BACKEND_TLS', config));
  problems.push(...trafficLimitProblems(config));
  for (const [index, rule] of config.DEMAND_RULES.entries()) {
    const unknown = config.RESOURCES.unknownNames(rule.demand);
    if (unknown.length === 0) continue;
    problems.push(
      `DEMAND_RULES must name resources of RESOURCES (${config.RESOURCES.names.join(', ')}), ` +
        `rule ${index} names ${unknown.join(', ')}`,
    );
  }
  return problems;
}

/** A sentence for each two ports that are equal. */
function portContradictions(config: BalancerConfig): string[] {
  const names = ['DATA_PLANE_PORT', 'DATA_PLANE_TLS_PORT', 'CONTROL_PLANE_PORT'] as const;
  return names.flatMap((name, i) =>
    names
      .slice(i + 1)
      .filter((other) => config[name] !== undefined && config[name] !== 0 && config[name] === config[other])
      .map((other) => `${name} must differ from ${other}, both are ${config[name]}`),
  );
}

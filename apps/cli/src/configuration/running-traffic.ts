// Asks a running balancer for the configuration that it has in force.
import type { TrafficConfig } from '@fairlead/traffic-config';
import { z } from 'zod';
import type { BalancerApi } from '../balancer-api/balancer-api.js';

const schema = z.object({
  traffic: z.looseObject({
    pools: z.array(z.unknown()),
    routes: z.array(z.unknown()),
    errorPages: z.array(z.unknown()),
  }),
});

/** The configuration in force, with secrets masked. @throws {Error} with a sentence that names the balancer. */
export async function runningTraffic(balancer: BalancerApi): Promise<TrafficConfig> {
  const { body } = await balancer.send({ path: 'api/v1/configuration', schema, what: 'a configuration' });
  return body.traffic as unknown as TrafficConfig;
}

// The variables of a registry that several balancers share.
import { seconds } from '@fairlead/configuration';
import { z } from 'zod';
import { parseRegistryUrl, REGISTRY_URL_FORM } from './registry-url.js';

const NAME_FORM = 'must be 1 to 64 characters: letters, digits and . _ : -';

function name() {
  return z.string().regex(/^[\w.:-]{1,64}$/, NAME_FORM);
}

/** A part of the balancer's schema. */
export const sharedRegistryVariables = {
  REGISTRY_URL: z
    .string()
    .transform((text, context) => {
      const url = parseRegistryUrl(text);
      if (url) return url;
      context.addIssue({ code: 'custom', message: REGISTRY_URL_FORM });
      return z.NEVER;
    })
    .optional()
    .describe(
      'Redis server that keeps the fleet of several balancers: redis://, rediss:// or redis+sentinel://; without it, each has its own',
    ),
  REGISTRY_PREFIX: name()
    .prefault('fairlead')
    .describe('What the names of all keys in the Redis server begin with, for several fleets in one server'),
  CLUSTER_ID: name()
    .prefault('fairlead')
    .describe('Name of the fleet: a balancer does not use what balancers of another one keep under its prefix'),
  REGISTRY_RESYNC_SECONDS: seconds(1, 86_400)
    .prefault('60')
    .describe('How often a balancer reads the whole shared registry again, besides following its changes'),
  BALANCER_ID: name()
    .optional()
    .describe('Name of this balancer among those that share a registry; default: its host name and CONTROL_PLANE_PORT'),
  REGISTRY_CA_FILE: z
    .string()
    .optional()
    .describe(
      'The authorities that may sign the certificate of the Redis server, as a PEM file; without it, those that Node knows',
    ),
};

/** The configuration of a shared registry. */
export type SharedRegistryConfig = z.output<z.ZodObject<typeof sharedRegistryVariables>>;

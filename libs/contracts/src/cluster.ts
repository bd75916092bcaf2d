// The cluster API: the balancers that serve one fleet, what each of them sees, and the state of their registry.
import { z } from 'zod';
import { momentSchema } from './moment.js';
import { backendStateSchema } from './registration.js';

const seconds = z.number().min(0);
const count = z.int().min(0);

/** Why a record of the registry cannot be used. None of these is deleted. */
export const recordProblemSchema = z.enum(['newer-format', 'corrupt', 'unfit']);

/** The registry as the balancer that responds sees it. */
export const registryViewSchema = z
  .object({
    name: z
      .string()
      .meta({ examples: ['the registry at redis://127.0.0.1:6379'] })
      .describe('The server or the file that keeps the fleet, without credentials'),
    isShared: z.boolean().describe('Whether several balancers use it'),
    state: z
      .enum(['current', 'away'])
      .describe('away: it does not respond, and balancers serve on with what they know of the fleet'),
    since: momentSchema.describe('Since when it is in this state'),
    reason: z.string().nullable().describe('What is wrong with it; null while it is current'),
    confirmedSecondsAgo: seconds
      .nullable()
      .describe('Seconds since it last confirmed that this balancer misses no change; null: it is not shared'),
    latencyMs: z.number().min(0).nullable().describe('How long the last heartbeat took, milliseconds'),
    pendingChanges: count.describe('Changes that this balancer has accepted and not yet stored'),
    unusableRecords: z
      .array(
        z.object({
          id: z.string(),
          problem: recordProblemSchema.describe(
            'newer-format: a newer version of Fairlead wrote it; corrupt: it is no record; unfit: its resources are not those of RESOURCES',
          ),
          reason: z.string(),
        }),
      )
      .describe('Stored backends that this balancer cannot use; they are kept'),
  })
  .meta({ id: 'Registry' });

/** See {@link registryViewSchema}. */
export type RegistryView = z.infer<typeof registryViewSchema>;

/** A balancer of the cluster, and its view of each backend. */
export const balancerViewSchema = z
  .object({
    id: z.string().meta({ examples: ['balancer-1'] }),
    version: z.string().meta({ examples: ['0.1.0'] }),
    address: z
      .string()
      .meta({ examples: ['10.0.0.5:9797'] })
      .describe('Host and port of its control plane'),
    since: momentSchema.describe('When it started'),
    lastSeenSecondsAgo: seconds.describe('Seconds since its last heartbeat'),
    isLive: z.boolean().describe('Whether its heartbeats arrive'),
    backends: z
      .array(z.object({ id: z.string(), state: backendStateSchema, inFlight: count }))
      .describe('The backends as this balancer sees them, sorted by id: each balancer checks their health itself'),
  })
  .meta({ id: 'Balancer' });

/** See {@link balancerViewSchema}. */
export type BalancerView = z.infer<typeof balancerViewSchema>;

/** The response of `GET /api/v1/cluster`. */
export const clusterViewSchema = z
  .object({
    cluster: z
      .string()
      .meta({ examples: ['fairlead'] })
      .describe('CLUSTER_ID of the balancers'),
    balancer: z
      .string()
      .meta({ examples: ['balancer-1'] })
      .describe('The id of the balancer that responds'),
    registry: registryViewSchema,
    balancers: z.array(balancerViewSchema).describe('Sorted by id; without a shared registry, this balancer alone'),
  })
  .meta({ id: 'Cluster' });

/** See {@link clusterViewSchema}. */
export type ClusterView = z.infer<typeof clusterViewSchema>;

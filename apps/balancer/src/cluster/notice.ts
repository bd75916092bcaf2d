// What balancers tell each other of themselves, and of how they see the backends. Fields that a reader does not know are left
// out, so that balancers of two versions understand each other.
import { backendStateSchema, type BalancerView } from '@fairlead/contracts';
import { z } from 'zod';

const noticeSchema = z.object({
  id: z.string(),
  version: z.string(),
  address: z.string(),
  since: z.string(),
  /** The version of the registry up to which all its threads use all changes. */
  applied: z.number(),
  /** Its exchanges on each backend that is draining. */
  inFlight: z.record(z.string(), z.number()),
  /** Whether it shuts down. */
  isEnding: z.boolean().default(false),
});

/** What a balancer says of itself. */
export type Notice = z.infer<typeof noticeSchema>;

/** `[id, state, exchanges in flight]` of each backend. */
const viewSchema = z.array(z.tuple([z.string(), backendStateSchema, z.number()]));

/** Undefined: no balancer of this version, or of one that it understands, wrote it. */
export function parseNotice(text: string): Notice | undefined {
  return parse(noticeSchema, text);
}

export function writeView(backends: BalancerView['backends']): string {
  return JSON.stringify(backends.map(({ id, state, inFlight }) => [id, state, inFlight]));
}

/** Empty where it cannot be read. */
export function parseView(text: string | undefined): BalancerView['backends'] {
  const rows = text === undefined ? [] : (parse(viewSchema, text) ?? []);
  return rows.map(([id, state, inFlight]) => ({ id, state, inFlight }));
}

function parse<Value>(schema: z.ZodType<Value>, text: string): Value | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

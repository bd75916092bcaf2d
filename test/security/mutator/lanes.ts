// The same mutated bytes, in the same writes, through a balancer with the fast lane and one without: both are seen to do the
// same, but for the differences that are listed.
import { isDeepStrictEqual } from 'node:util';
import type { Random } from '@fairlead/scheduling';
import { levelled, type Observation } from '../../differential/differences.ts';
import { WireClient } from '../../differential/wire-client.ts';
import { STRICT } from '../oracle/dialects.ts';
import { readRequests } from '../oracle/request-reader.ts';
import type { Target } from '../target.ts';
import { inWrites, mutated } from './mutations.ts';
import type { Step } from './steps.ts';

/** A mutated request through both lanes. */
export async function laneStep(
  targets: readonly [fast: Target, full: Target],
  seeds: readonly string[],
  random: Random,
): Promise<Step> {
  const seed = seeds[Math.floor(random() * seeds.length)];
  const bytes = mutated(seed, seeds, random);
  const parts = inWrites(bytes, random);
  const methods = readRequests(bytes, STRICT).requests.map(({ method }) => method);
  let seen: readonly Observation[] = [];
  // On a busy machine one lane may be late: a difference counts when it is still there with more patience.
  for (const patience of [2, 50]) {
    seen = await Promise.all(targets.map((target) => observe(target, { parts, methods, patience })));
    if (isDeepStrictEqual(seen[0], seen[1])) return { bytes: JSON.stringify(parts), problems: [] };
  }
  const [fast, full] = seen.map((observation) => JSON.stringify(observation));
  return { bytes: JSON.stringify(parts), problems: [`fast: ${fast}`, `full: ${full}`] };
}

interface Sending {
  readonly parts: readonly string[];
  /** The methods of the requests. */
  readonly methods: readonly string[];
  /** As in `Target.isQuiet`. */
  readonly patience: number;
}

async function observe(target: Target, { parts, methods, patience }: Sending): Promise<Observation> {
  const { backend } = target;
  backend.takeReceived();
  const client = await WireClient.open(target.port);
  for (const [index, part] of parts.entries()) {
    if (index > 0) await target.hasRead();
    client.send(part, ...(index === 0 ? methods : []));
  }
  await target.isQuiet(client, patience);
  const transcript = client.finish(0, false);
  await target.hasRead();
  const received = backend.takeReceived();
  // What is incomplete would be waited for.
  backend.hangUp();
  return levelled({ ...transcript, received });
}

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
  const [fast, full] = await Promise.all(targets.map((target) => observe(target, parts, methods)));
  const isSame = isDeepStrictEqual(fast, full);
  return {
    bytes: JSON.stringify(parts),
    problems: isSame ? [] : [`fast: ${JSON.stringify(fast)}`, `full: ${JSON.stringify(full)}`],
  };
}

async function observe(target: Target, parts: readonly string[], methods: readonly string[]): Promise<Observation> {
  const { backend } = target;
  backend.takeReceived();
  const client = await WireClient.open(target.port);
  for (const [index, part] of parts.entries()) {
    if (index > 0) await target.hasRead();
    client.send(part, ...(index === 0 ? methods : []));
  }
  await target.isQuiet(client);
  const transcript = client.finish(0, false);
  await target.hasRead();
  const received = backend.takeReceived();
  // What is incomplete would be waited for.
  backend.hangUp();
  return levelled({ ...transcript, received });
}

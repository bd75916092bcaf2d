// Mutates the cases of the other attacks at random, in each lane, for as long as it is told to: nothing may be smuggled,
// nothing may crash, and memory stays flat.
import { seededRandom } from '@fairlead/scheduling';
import type { AtEnd } from '../../support/lifetime.ts';
import { LANES, type Attack, type Check, type Form, type Lane } from '../attack.ts';
import { laneStep } from '../mutator/lanes.ts';
import { UNWATCHED, watchMemory } from '../mutator/memory.ts';
import { crossfireStep } from '../mutator/crossfire.ts';
import { RESPONSES, registrationStep, requestSeeds, requestStep, responseStep, type Step } from '../mutator/steps.ts';
import { Target } from '../target.ts';

const SHORT_SECONDS = 4;
/** Failures that are shown; the first is what matters. */
const MAX_SHOWN = 5;

export const attack: Attack = {
  name: 'mutator',
  title: 'of mutated messages no backend sees what no client sent, and nothing crashes or grows',
  async run(form, atEnd) {
    const runs = await Promise.all([
      ...form.lanes.map((lane) => runLane(lane, form, atEnd)),
      compareLanes(form, atEnd),
    ]);
    return {
      checks: runs.flatMap(({ checks }) => checks),
      detail: runs.map(({ words }) => words).join('; '),
    };
  },
};

/** The same bytes to a balancer with the fast lane and to one without. */
async function compareLanes({ minutes, seed }: Form, atEnd: AtEnd) {
  const start = (lane: Lane) => Target.start(lane, atEnd, { ACCESS_LOG: 'off' });
  const [fast, full] = await Promise.all([start('fast'), start('full')]);
  const random = seededRandom(seed);
  const seeds = LANES.flatMap(requestSeeds);
  const differences: string[] = [];
  let steps = 0;
  const seconds = minutes === undefined ? SHORT_SECONDS : minutes * 60;
  for (const endsAt = performance.now() + seconds * 1_000; performance.now() < endsAt;) {
    const { bytes, problems } = await laneStep([fast, full], seeds, random);
    steps++;
    if (problems.length > 0) differences.push(`${problems.join('\n      ')}\n      after ${bytes}`);
  }
  const problem =
    differences.length > 0
      ? `${differences.length} differences: ${differences.slice(0, MAX_SHOWN).join('\n    ')}`
      : undefined;
  const checks: Check[] = [{ name: 'the lanes do the same, but for the differences that are listed', problem }];
  return { checks, words: `both lanes: ${steps} steps` };
}

async function runLane(lane: Lane, { minutes, seed }: Form, atEnd: AtEnd) {
  const seconds = minutes === undefined ? SHORT_SECONDS : minutes * 60;
  const memory = minutes === undefined ? UNWATCHED : await watchMemory(seconds, atEnd);
  const settings = {
    ACCESS_LOG: 'off',
    REGISTRATIONS_PER_MINUTE: '1000000',
    ATTEMPT_TIMEOUT_SECONDS: '1',
    REQUEST_TIMEOUT_SECONDS: '2',
  };
  const target = await Target.start(lane, atEnd, { ...settings, ...memory.variables });
  const random = seededRandom(seed);
  const seeds = requestSeeds(lane);
  const failures: string[] = [];
  let steps = 0;
  for (const endsAt = performance.now() + seconds * 1_000; performance.now() < endsAt && failures.length < MAX_SHOWN;) {
    const step = await oneStep(target, seeds, random);
    steps++;
    const problems = [...step.problems, (await target.bystanderProblem()) ?? [], target.processProblem() ?? []].flat();
    target.backend.takeBytes();
    target.backend.takeReceived();
    if (problems.length > 0) failures.push(`${problems.join('; ')}, after ${JSON.stringify(step.bytes)}`);
    if (target.balancer.process.hasEnded) break;
    await memory.sample(target.balancer.process.pid);
  }
  const { words, isTooMuch } = memory.result();
  const checks: Check[] = [
    { name: `${lane}: no desync and no crash`, problem: failures.length > 0 ? failures.join('\n    ') : undefined },
    { name: `${lane}: memory is flat`, problem: isTooMuch ? words : undefined },
  ];
  return { checks, words: `${lane}: ${steps} steps, ${words}` };
}

function oneStep(target: Target, seeds: readonly string[], random: () => number): Promise<Step> {
  const die = random();
  if (die < 0.7) return requestStep(target, seeds, random);
  if (die < 0.85) return responseStep(target, random);
  return die < 0.92 ? registrationStep(target, random) : crossfireStep(target, RESPONSES, random);
}

// Thousands of random requests and responses through both lanes. FUZZ=n runs n of each kind, without a time limit;
// otherwise the time is limited. A failure prints the seed, and the smallest case that fails.
import * as fc from 'fast-check';
import { expect, inject, it } from 'vitest';
import { request, type RequestCase, type ResponseCase } from './corpus.js';
import { conversation, response } from './corpus-generated.js';
import { followsFrom, isTakenByNodeOnly } from './differences.js';
import { statusOf } from './messages.js';
import { difference, expectBothAtRest, onBoth, startPair, type Pair } from './pair.js';
import { echo } from './scripted-backend.js';
import { converse, pipeline } from './wire-client.js';

const FUZZ = inject('fuzz') || 0;
const RUNS: fc.Parameters<unknown> =
  FUZZ > 0 ? { numRuns: FUZZ } : { numRuns: 1000, interruptAfterTimeLimit: 10_000, markInterruptAsFailure: false };
/** Milliseconds. */
const TIMEOUT = FUZZ > 0 ? 60_000 + FUZZ * 1000 : 60_000;
const PATIENCE = { ATTEMPT_TIMEOUT_SECONDS: '2', REQUEST_TIMEOUT_SECONDS: '3', MAX_HEADER_BYTES: '4096' };

async function expectSameConversation(pair: Pair, given: RequestCase): Promise<number> {
  const oneByOne = await onBoth(pair, (side) =>
    side.observe(() => converse(side.port, given, () => side.backend.receivedCount)),
  );
  expect(difference('one by one', oneByOne)).toEqual([]);
  expect(oneByOne[0].ending).not.toBe('silent');
  const isAnswered = ({ awaits }: { readonly awaits: string }) => awaits === 'answer';
  if (!given.sendings.every(isAnswered)) return oneByOne[0].answers.length;
  // An upgrade, and what is lost after it, is among the cases written by hand.
  if (given.sendings.some(({ bytes }) => /\r\nupgrade:/i.test(bytes))) return oneByOne[0].answers.length;
  const pipelined = await onBoth(pair, (side) =>
    side.observe(() => pipeline(side.port, given, oneByOne[0].ending === 'kept')),
  );
  pipelined.forEach((seen, i) => {
    if (!followsFrom(seen, oneByOne[i])) expect({ at: i, ...seen }).toEqual({ at: i, ...oneByOne[i] });
  });
  return oneByOne[0].answers.length;
}

async function expectSameAnswer(pair: Pair, method: string, given: ResponseCase): Promise<number> {
  const isHead = method === 'HEAD';
  const parts = isHead ? [given.parts.join('').replace(/\r\n\r\n[^]*$/, '\r\n\r\n')] : given.parts;
  const lines = method === 'POST' ? ['Content-Length: 2'] : [];
  const asked = request(method, '/scripted', lines, method === 'POST' ? 'ab' : '');
  const seen = await onBoth(pair, (side) => {
    side.backend.script = (message) =>
      message.startLine.includes(' /scripted ') ? { ...given, parts } : echo(message);
    return side.observe(async () => {
      const sendings = [{ bytes: asked, awaits: 'answer' as const }];
      const transcript = await converse(
        side.port,
        { name: 'generated', sendings },
        () => 0,
        () => side.backend.isDone(),
      );
      await side.backend.isDone();
      return transcript;
    });
  });
  if (!isTakenByNodeOnly(parts.join(''))) expect(difference('answer', seen)).toEqual([]);
  expect(seen[0].ending).not.toBe('silent');
  return statusOf(seen[0].answers[0]);
}

/** Runs a property; when time is up, the case in progress ends before leaks are checked. */
async function hold<Given extends [unknown, ...unknown[]]>(
  arbitraries: { readonly [Index in keyof Given]: fc.Arbitrary<Given[Index]> },
  predicate: (...given: Given) => Promise<void>,
): Promise<void> {
  let running = Promise.resolve();
  const property = fc.asyncProperty<Given>(...arbitraries, (...given) => (running = predicate(...given)));
  await fc.assert(property, RUNS as fc.Parameters<Given>);
  await running;
}

it('both lanes hold the same conversations', { timeout: TIMEOUT }, async () => {
  const pair = await startPair(PATIENCE);
  let answers = 0;
  await hold([conversation], async (given) => {
    answers += await expectSameConversation(pair, given);
  });
  // Most of them have to be more than refused.
  expect(answers).toBeGreaterThan(100);
  await expectBothAtRest(pair);
});

it('both lanes forward the same responses', { timeout: TIMEOUT }, async () => {
  const pair = await startPair(PATIENCE);
  const statuses = new Map<number, number>();
  await hold([fc.constantFrom('GET', 'GET', 'HEAD', 'POST'), response], async (method, given) => {
    const status = await expectSameAnswer(pair, method, given);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  });
  // Both what is passed on and what is not is among them.
  expect(statuses.get(200)).toBeGreaterThan(10);
  expect(statuses.get(502)).toBeGreaterThan(10);
  await expectBothAtRest(pair);
});

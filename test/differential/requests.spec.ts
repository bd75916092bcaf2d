// Requests written by hand, through both lanes: one by one, all at once, and cut in two at every byte.
import { describe, expect, it } from 'vitest';
import type { RequestCase } from './corpus.js';
import { requestCorpus, smallRequests } from './corpus-requests.js';
import { followsFrom, mayBeOvertaken } from './differences.js';
import { valuesOf } from './messages.js';
import { difference, expectBothAtRest, onBoth, startPair, type Mismatch, type Pair } from './pair.js';
import { converse, pipeline } from './wire-client.js';
import { splitAtEveryByte } from './splitting.js';

const TRUSTING = { TRUSTED_PROXIES: '127.0.0.1', DEMAND_CLIENTS: '127.0.0.1' };

/** Puts the name in place that a balancer goes by, for the request that comes back to it. */
async function namedFor(pair: Pair, name: 'fast' | 'full', { sendings, ...rest }: RequestCase): Promise<RequestCase> {
  const { port, backend } = pair[name];
  if (!sendings.some(({ bytes }) => bytes.includes('{pseudonym}'))) return { sendings, ...rest };
  await converse(port, { name: 'who are you', sendings: [] }, () => 0);
  const via = valuesOf(backend.takeReceived()[0].fields, 'via')[0].replace('1.1 ', '');
  return {
    ...rest,
    sendings: sendings.map(({ bytes, awaits }) => ({ bytes: bytes.replace('{pseudonym}', via), awaits })),
  };
}

/** Runs a case on both sides in both ways, and compares everything observable. */
async function compare(pair: Pair, given: RequestCase): Promise<Mismatch[]> {
  const cases = { fast: await namedFor(pair, 'fast', given), full: await namedFor(pair, 'full', given) };
  const caseOf = (side: Pair['fast']) => (side === pair.fast ? cases.fast : cases.full);
  await onBoth(pair, (side) => side.takeCounts());
  const oneByOne = await onBoth(pair, (side) =>
    side.observe(() => converse(side.port, caseOf(side), () => side.backend.receivedCount)),
  );
  const [counts, log] = await factsOf(pair);
  const comparableLog = log.map((lines, i) =>
    mayBeOvertaken(oneByOne[i]) ? lines.map((line) => line.replace(/ (?:200|499) /, ' <200 or 499> ')) : lines,
  );
  const found = [
    ...difference(given.name, oneByOne),
    // In every case a client that waits for a response gets one, or its connection is closed.
    ...difference(`${given.name}: ending`, [oneByOne[0].ending === 'silent', false]),
    ...difference(`${given.name}: counts`, counts),
    ...difference(`${given.name}: log`, [comparableLog[0], comparableLog[1]]),
  ];
  // What is sent in pieces, each at its time, is not sent at once.
  if (given.notAtOnce !== undefined || given.sendings.some(({ awaits }) => awaits !== 'answer')) return found;
  const pipelined = await onBoth(pair, (side) => {
    const withLast = oneByOne[side === pair.fast ? 0 : 1].ending === 'kept';
    return side.observe(() => pipeline(side.port, caseOf(side), withLast));
  });
  const strays = pipelined.map((seen, i) => (followsFrom(seen, oneByOne[i]) ? EXPECTED : [seen, oneByOne[i]]));
  return [...found, ...difference(`${given.name}: all at once`, [strays, [EXPECTED, EXPECTED]])];
}

const EXPECTED = 'as one by one';

async function factsOf(pair: Pair) {
  const counts = await onBoth(pair, (side) => side.takeCounts());
  const log = await onBoth(pair, (side) => side.log(counts[0].requests));
  return [counts, log] as const;
}

it.each([
  ['no client is trusted', {}],
  ['the client is trusted', TRUSTING],
])('requests written by hand are served alike when %s', async (_, env) => {
  const pair = await startPair(env);
  const mismatches: Mismatch[] = [];
  for (const given of Object.values(requestCorpus).flat()) mismatches.push(...(await compare(pair, given)));
  expect(mismatches).toEqual([]);
  await expectBothAtRest(pair);
});

describe('requests cut in two', () => {
  it('a request is served alike wherever it is cut in two', async () => {
    const pair = await startPair();
    const mismatches: Mismatch[] = [];
    for (const [name, bytes] of smallRequests) {
      const seen = await onBoth(pair, (side) => splitAtEveryByte(side, bytes));
      mismatches.push(...difference(name, seen));
    }
    expect(mismatches).toEqual([]);
    await expectBothAtRest(pair);
  });
});

describe('the comparison itself', () => {
  const some = requestCorpus.forwarding.slice(0, 3);

  it.each([
    ['who is trusted', TRUSTING, some],
    ['a limit', { MAX_HEADER_BYTES: '4096' }, requestCorpus.fields],
    ['what a request needs', { DEMAND_RULES: '[{"path":"/*rest","demand":{"compute":2}}]' }, some],
  ])('it notices when the sides differ in %s', async (_, fastOnly, cases) => {
    const pair = await startPair({}, fastOnly);
    const mismatches: Mismatch[] = [];
    for (const given of cases) mismatches.push(...(await compare(pair, given)));
    expect(mismatches).not.toEqual([]);
  });
});

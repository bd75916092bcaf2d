// Responses of backends written by hand, through both lanes: to GET, HEAD and POST, and cut in two at every byte.
import { describe, expect, it } from 'vitest';
import { request, type ResponseCase } from './corpus.js';
import { responseCorpus, smallResponses } from './corpus-responses.js';
import { LENIENCIES, isRefused, isTakenByNodeOnly } from './differences.js';
import {
  difference,
  expectBothAtRest,
  onBoth,
  startPair,
  type Counts,
  type Mismatch,
  type Pair,
  type Side,
} from './pair.js';
import { echo, type Script } from './scripted-backend.js';
import { splitAnswerAtEveryByte } from './splitting.js';
import { WireClient, lastOf } from './wire-client.js';

/** A response that stays incomplete is given up soon. */
const PATIENCE = { ATTEMPT_TIMEOUT_SECONDS: '3', REQUEST_TIMEOUT_SECONDS: '5' };

const REQUESTS = {
  GET: request('GET', '/scripted'),
  HEAD: request('HEAD', '/scripted'),
  POST: request('POST', '/scripted', ['Content-Length: 5'], 'hello'),
};
type Method = keyof typeof REQUESTS;
/** Cases, and what they are about. */
type Group = readonly [string, readonly ResponseCase[]];
const METHODS = Object.keys(REQUESTS) as Method[];

/** Sends this response for /scripted, and echoes any other request. */
function scripted(answer: ResponseCase): Script {
  return (message) => (message.startLine.includes(' /scripted ') ? answer : echo(message));
}

/** The same without its body, where it has one that HEAD must not get. */
function headOf({ name, parts, ending }: ResponseCase): ResponseCase {
  const bytes = parts.join('');
  return {
    name,
    parts: [bytes.replace(/^((?:HTTP[^]*?\r\n\r\n)*?HTTP\/1\.\d [2-9][^]*?\r\n\r\n)[^]*$/, '$1')],
    ending,
  };
}

/** The effects of one response: for the client, in the figures, in the log, and for the request after it. */
async function consequences(side: Side, method: Method, answer: ResponseCase) {
  // A backend that loses a connection is blamed unless the connection was reused. Which one a request gets is for each
  // lane to decide, and whether a POST reuses one depends on how long it was idle: so there is one for the others alone.
  await side.dropConnections();
  if (method !== 'POST') await side.openConnection();
  const { requests: before } = await side.takeCounts();
  side.backend.script = scripted(answer);
  side.backend.beforeReset = () => side.hasRead();
  let counts: Counts | undefined;
  const seen = await side.observe(async ({ port }) => {
    const client = await WireClient.open(port);
    client.send(REQUESTS[method], method);
    if (!(await client.until(() => client.answeredCount > 0))) return client.finish(0, true);
    if (client.isLast) await client.until(() => false);
    counts = await side.takeCounts();
    return lastOf(client);
  });
  return { before, seen, counts, after: await side.takeCounts() };
}

/** Runs a group of cases on both sides, and compares everything observable. */
async function compareGroup(pair: Pair, method: Method, [group, cases]: Group): Promise<Mismatch[]> {
  const keepsBody = method !== 'HEAD' || group === 'bytes behind' || group === 'broken off';
  const mismatches: Mismatch[] = [];
  let requests = 0;
  for (const given of cases) {
    const answer = keepsBody ? given : headOf(given);
    if (isTakenByNodeOnly(answer.parts.join(''))) continue;
    const [fast, full] = await onBoth(pair, (side) => consequences(side, method, answer));
    const name = `${group}: ${given.name}`;
    mismatches.push(...difference(name, [fast, full]));
    mismatches.push(...difference(`${name}: ending`, [fast.seen.ending === 'silent', false]));
    requests += fast.before + (fast.counts?.requests ?? 0) + fast.after.requests;
  }
  // The log keeps 200.
  expect(requests).toBeLessThanOrEqual(200);
  mismatches.push(...difference(`${group}: log`, await onBoth(pair, (side) => side.log(requests))));
  return mismatches;
}

it.each(METHODS)('responses written by hand are forwarded alike to %s', async (method) => {
  const pair = await startPair(PATIENCE);
  const mismatches: Mismatch[] = [];
  for (const group of Object.entries(responseCorpus)) mismatches.push(...(await compareGroup(pair, method, group)));
  expect(mismatches).toEqual([]);
  await expectBothAtRest(pair);
});

it.each(LENIENCIES)('the full lane alone forwards a response with $what', async ({ isIn }) => {
  const pair = await startPair(PATIENCE);
  const cases = Object.values(responseCorpus)
    .flat()
    .filter(({ parts }) => isIn(parts.join('')));
  expect(cases).not.toEqual([]);
  for (const given of cases) {
    for (const method of ['GET', 'POST'] as const) {
      const [fast, full] = await onBoth(pair, (side) => consequences(side, method, given));
      expect([given.name, isRefused(fast.seen), isRefused(full.seen)]).toEqual([given.name, true, false]);
    }
  }
  await expectBothAtRest(pair);
});

describe('responses cut in two', () => {
  it('a response is forwarded alike wherever it is cut in two', async () => {
    const pair = await startPair(PATIENCE);
    const mismatches: Mismatch[] = [];
    for (const answer of smallResponses) {
      for (const method of METHODS) {
        const given = method === 'HEAD' ? headOf(answer) : answer;
        const seen = await onBoth(pair, (side) => splitAnswerAtEveryByte(side, REQUESTS[method], method, given));
        mismatches.push(...difference(`${answer.name}, to ${method}`, seen));
        await onBoth(pair, (side) => side.takeCounts());
      }
    }
    expect(mismatches).toEqual([]);
    await expectBothAtRest(pair);
  });
});

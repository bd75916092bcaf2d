// A backend that responds before the body of a request has come. What is left of the body must not be taken for the next
// request, neither by the balancer nor by the backend.
import type { Socket } from 'node:net';
import { WireClient } from '../../differential/wire-client.ts';
import { get, request, response } from '../../support/http-text.ts';
import type { AtEnd } from '../../support/lifetime.ts';
import { tcpUpstream } from '../../support/upstreams.ts';
import { statusOf } from '../../differential/messages.ts';
import type { Attack, Check, Lane } from '../attack.ts';
import { disagreements } from '../oracle/oracle.ts';
import { CHUNKED, EVIL } from '../requests/case.ts';
import { Target } from '../target.ts';

const LANES: readonly Lane[] = ['fast', 'full'];
const SIZE = EVIL.length.toString(16);

/** A request whose body is sent in parts, with another client's request after each; the connection may be used afterwards. */
interface EarlyCase {
  readonly name: string;
  readonly head: string;
  readonly parts: readonly string[];
  readonly responses: readonly number[];
}

const post = (...lines: readonly string[]) => request('POST', '/early', lines);
const TWICE = `Content-Length: ${2 * EVIL.length}`;

const CASES: readonly EarlyCase[] = [
  { name: 'a body of requests', head: post(TWICE), parts: [EVIL, EVIL], responses: [200] },
  { name: 'a body that does not end', head: post(TWICE), parts: [EVIL], responses: [200] },
  { name: 'a body, and a request', head: post(TWICE), parts: [EVIL, EVIL, get('/next')], responses: [200, 200] },
  {
    name: 'a chunk that is a request',
    head: post(CHUNKED),
    parts: [`${SIZE}\r\n${EVIL}\r\n`, '0\r\n\r\n'],
    responses: [200],
  },
  { name: 'a chunk without an end', head: post(CHUNKED), parts: [`fff\r\n${EVIL}`, EVIL], responses: [200] },
  {
    name: 'chunks, and a request',
    head: post(CHUNKED),
    parts: [`${SIZE}\r\n${EVIL}\r\n`, '0\r\n\r\n', get('/next')],
    responses: [200, 200],
  },
  { name: 'a chunk, and noise', head: post(CHUNKED), parts: [`${SIZE}\r\n${EVIL}\r\n`, 'zz\r\n'], responses: [200] },
];

export const attack: Attack = {
  name: 'early-responses',
  title: 'what is left of a body after a response is no request for anyone',
  async run(_form, atEnd) {
    return { checks: (await Promise.all(LANES.map((lane) => runLane(lane, atEnd)))).flat() };
  },
};

async function runLane(lane: Lane, atEnd: AtEnd): Promise<Check[]> {
  const target = await Target.start(lane, atEnd);
  const bytes = new Map<Socket, string>();
  const eager = await tcpUpstream((socket) => respondAtOnce(socket, bytes), atEnd);
  await target.replaceBackend(eager.port);
  const checks: Check[] = [];
  for (const given of CASES) {
    bytes.clear();
    const { sent, statuses } = await runCase(target, given);
    const isRight = JSON.stringify(statuses) === JSON.stringify(given.responses);
    const problems = [
      isRight ? [] : `responses ${statuses.join(', ')}, expected ${given.responses.join(', ')}`,
      disagreements({ sent, received: [...bytes.values()] }),
      target.processProblem() ?? [],
    ].flat();
    checks.push({ name: `${lane}: ${given.name}`, problem: problems.length > 0 ? problems.join('; ') : undefined });
  }
  return checks;
}

/** Responds to the first bytes, and once more to each GET that comes after them: what a backend takes for a request. */
function respondAtOnce(socket: Socket, bytes: Map<Socket, string>): void {
  socket.setNoDelay(true);
  socket.on('data', (chunk) => {
    const before = bytes.get(socket) ?? '';
    bytes.set(socket, before + chunk.toString('latin1'));
    if (before === '' || chunk.toString('latin1').startsWith('GET ')) socket.write(response('early'));
  });
}

/** Sends a case, with a request of another client after each part. */
async function runCase(target: Target, { head, parts }: EarlyCase) {
  const client = await WireClient.open(target.port);
  const sent = [head + parts.join('')];
  client.send(head, 'POST');
  for (const [index, part] of parts.entries()) {
    await target.hasRead();
    client.send(part, ...(part.startsWith('GET /next') ? ['GET'] : []));
    await target.isQuiet(client);
    const other = await WireClient.open(target.port);
    const asked = get(`/other-${index}`);
    sent.push(asked);
    other.send(asked, 'GET');
    await target.got(other, () => other.answeredCount > 0);
    other.socket.destroy();
  }
  await target.isQuiet(client);
  client.socket.destroy();
  return { sent, statuses: client.answers.map(statusOf) };
}

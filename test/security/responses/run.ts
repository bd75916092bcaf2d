// Has a backend send a hostile response, and looks at its client, at the next request on the same connection and at another
// client.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { statusOf, type Message } from '../../differential/messages.ts';
import { echo } from '../../differential/scripted-backend.ts';
import { WireClient } from '../../differential/wire-client.ts';
import { get, request, upgradeTo } from '../../support/http-text.ts';
import { metricsOf } from '../../support/metrics.ts';
import { until } from '../../support/processes.ts';
import type { Check, Lane } from '../attack.ts';
import type { Target } from '../target.ts';
import { WRITINGS, type Writing } from '../writings.ts';
import { FORGED, type Fate, type ResponseAttack } from './case.ts';

/** Runs a case, and leaves the backend up. */
export async function runResponse(target: Target, given: ResponseAttack, writing: Writing = 'at once'): Promise<Check> {
  const { backend, lane } = target;
  const [first, ...later] = given.parts;
  const parts = [...WRITINGS[writing](first), ...later];
  backend.script = (message) =>
    message.startLine.includes(' /hostile ') ? { name: given.name, parts, ending: given.ending } : echo(message);
  // A response of several parts is one that is read in several parts.
  backend.beforeNextPart = () => target.hasRead();
  backend.beforeReset = () => target.hasRead();
  const client = await WireClient.open(target.port);
  client.send(requestOf(given.method, lane), given.method);
  await target.got(client, () => client.answeredCount > 0);
  await backend.isDone();
  await target.isQuiet(client);
  const seen = client.answers.filter((response) => statusOf(response) >= 200 || statusOf(response) === 0);
  const problems = [...fateProblem(given, seen[0], client.isClosed), ...(await surplusOf(target, client, seen))];
  client.socket.destroy();
  backend.script = echo;
  await until('the backend to be up', async () => (await metricsOf(target.balancer)).fleet.up === 1);
  problems.push(...[(await target.bystanderProblem()) ?? [], target.processProblem() ?? []].flat());
  backend.takeReceived();
  backend.takeBytes();
  return { name: given.name, problem: problems.length === 0 ? undefined : problems.join('; ') };
}

function requestOf(method: ResponseAttack['method'], lane: Lane): string {
  if (lane === 'upgrade' && method === 'GET') return upgradeTo('attack', '/hostile');
  return request(method, '/hostile', method === 'POST' ? ['Content-Length: 2'] : [], method === 'POST' ? 'hi' : '');
}

function fateProblem({ may, relayed }: ResponseAttack, seen: Message | undefined, isClosed: boolean): string[] {
  const fate = fateOf(seen, isClosed, relayed);
  if (fate !== undefined && may.includes(fate)) return [];
  const words = seen ? `${seen.startLine} ${JSON.stringify(seen.body.slice(0, 60))}` : 'no response';
  return [`the client got ${words}${seen?.isWhole === false ? ', cut' : ''}; allowed: ${may.join(', ')}`];
}

function fateOf(seen: Message | undefined, isClosed: boolean, relayed: ResponseAttack['relayed']): Fate | undefined {
  if (seen === undefined) return isClosed ? 'cut' : undefined;
  if (!seen.isWhole) return 'cut';
  const status = statusOf(seen);
  if (relayed && status === relayed[0] && seen.body === relayed[1]) return 'relayed';
  return status >= 502 && status <= 504 && seen.body.startsWith('{"statusCode"') ? 'refused' : undefined;
}

/** What the client got beyond its response, now and with its next request. */
async function surplusOf(target: Target, client: WireClient, seen: readonly Message[]): Promise<string[]> {
  const problems = seen.length > 1 ? [`the client got ${seen.length} responses to one request`] : [];
  if (!client.isClosed) {
    const { answeredCount } = client;
    client.send(get('/after'), 'GET');
    await target.got(client, () => client.answeredCount > answeredCount);
    await nextTurn();
    const next = client.answers.at(-1);
    const isRefused = next !== undefined && statusOf(next) === 503;
    if (!client.isClosed && next?.body !== 'GET /after' && !isRefused) {
      problems.push(`the next request on its connection got ${JSON.stringify(next?.body)}`);
    }
  }
  const text = JSON.stringify(client.answers);
  return text.includes(FORGED) ? [...problems, `the client got what was ${FORGED}`] : problems;
}

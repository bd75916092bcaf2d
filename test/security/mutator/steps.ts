// The steps of the mutator: one mutated case each, and what did not hold.
import type { Random } from '@fairlead/scheduling';
import { statusOf } from '../../differential/messages.ts';
import { echo } from '../../differential/scripted-backend.ts';
import { WireClient } from '../../differential/wire-client.ts';
import { get, request, upgradeTo } from '../../support/http-text.ts';
import { metricsOf } from '../../support/metrics.ts';
import { until } from '../../support/processes.ts';
import { STRICT } from '../oracle/dialects.ts';
import { disagreements } from '../oracle/oracle.ts';
import { readRequests } from '../oracle/request-reader.ts';
import { bodies } from '../registrations/bodies.ts';
import { sendTo, showsInside } from '../registrations/control-plane-client.ts';
import { cuts, framing, interim, surplus } from '../responses/bodies.ts';
import { heads } from '../responses/heads.ts';
import { RAW_THEMES } from '../requests/themes.ts';
import { inLane } from '../requests/run.ts';
import type { Lane } from '../attack.ts';
import type { Target } from '../target.ts';
import { inWrites, mutated } from './mutations.ts';

/** Cases beyond this size take long and say little. Characters. */
const MAX_SEED_BYTES = 4_000;

/** Responses that the mutator starts from. */
export const RESPONSES = [...heads, ...framing, ...cuts, ...surplus, ...interim]
  .map(({ parts }) => parts.join(''))
  .filter((bytes) => bytes.length < MAX_SEED_BYTES);
/** Those that name an address could have the balancer connect to a place outside of this machine. */
const REGISTRATIONS = Object.values(bodies)
  .flat()
  .filter(({ body }) => typeof body === 'string' && body.length < MAX_SEED_BYTES && !body.includes('url'));

/** What was sent, for the report of a failure, and what did not hold. */
export interface Step {
  readonly bytes: string;
  readonly problems: readonly string[];
}

const pick = <Value>(random: Random, values: readonly Value[]) => values[Math.floor(random() * values.length)];

/** Requests that the mutator starts from in a lane. */
export function requestSeeds(lane: Lane): string[] {
  return RAW_THEMES.flatMap(([, cases]) => cases)
    .flatMap((raw) => inLane(raw, lane)?.bytes ?? [])
    .filter((bytes) => bytes.length < MAX_SEED_BYTES);
}

/** A mutated request: whatever the backend sees of it, a client has sent. */
export async function requestStep(target: Target, seeds: readonly string[], random: Random): Promise<Step> {
  const { backend } = target;
  const bytes = mutated(pick(random, seeds), seeds, random);
  const client = await WireClient.open(target.port);
  const { requests, objections } = readRequests(bytes, STRICT);
  const most = requests.length + objections.length + 1;
  for (const [index, part] of inWrites(bytes, random).entries()) {
    if (index > 0) await target.hasRead();
    client.send(part, ...(index === 0 ? requests.map(({ method }) => method) : []));
  }
  await target.isQuiet(client);
  const finals = client.answeredCount;
  client.socket.destroy();
  await target.hasRead();
  const received = backend.takeBytes();
  const problems = disagreements({ sent: [bytes], received });
  if (finals > most) problems.push(`${finals} responses to ${most - 1} requests and an error`);
  if (problems.length > 0 || received.length > 0) backend.hangUp();
  return { bytes, problems };
}

/** A mutated response: the next request and other clients get their own. */
export async function responseStep(target: Target, random: Random): Promise<Step> {
  const { backend } = target;
  const bytes = mutated(pick(random, RESPONSES), RESPONSES, random);
  const parts = inWrites(bytes, random);
  const ending = pick(random, ['keep', 'close', 'reset'] as const);
  backend.script = (message) =>
    message.startLine.includes(' /hostile ') ? { name: 'mutated', parts, ending } : echo(message);
  backend.beforeNextPart = () => target.hasRead();
  const client = await WireClient.open(target.port);
  client.send(target.lane === 'upgrade' ? upgradeTo('attack', '/hostile') : request('GET', '/hostile'), 'GET');
  await target.isQuiet(client);
  // A response may be complete before the last part is sent, which must be read before the next request.
  await backend.isDone();
  await target.isQuiet(client);
  const problems = await nextRequest(target, client);
  client.socket.destroy();
  // What is incomplete would be waited for.
  backend.hangUp();
  backend.script = echo;
  await until('the backend to be up', async () => (await metricsOf(target.balancer)).fleet.up === 1);
  backend.takeBytes();
  return { bytes, problems };
}

/** What is wrong with the next request on a connection that has had a whole response. */
async function nextRequest(target: Target, client: WireClient): Promise<string[]> {
  // After a switch of protocols the bytes are no responses.
  const isSwitched = client.answers.some((response) => statusOf(response) === 101);
  if (client.answeredCount > 1 && !isSwitched) return [`${client.answeredCount} responses to one request`];
  if (client.isClosed || isSwitched || client.answeredCount === 0) return [];
  client.send(get('/after'), 'GET');
  await target.got(client, () => client.answeredCount > 1);
  const next = client.answers.at(-1);
  const isRight = client.isClosed || next?.body === 'GET /after' || next?.startLine.includes(' 503 ');
  return isRight ? [] : [`the next request got ${JSON.stringify(next?.startLine)} ${JSON.stringify(next?.body)}`];
}

/** A mutated registration: it gets a status below 500, no stack, and what it registers is removed again. */
export async function registrationStep({ balancer }: Target, random: Random): Promise<Step> {
  const given = pick(random, REGISTRATIONS);
  const bytes = mutated(String(given.body), ['{}', '[]', '1'], random);
  const { status, text } = await sendTo(balancer.control, { ...given, body: Buffer.from(bytes, 'latin1') });
  const { backends } = await metricsOf(balancer);
  for (const { id } of backends.filter((backend) => backend.id !== 'recorder')) {
    await sendTo(balancer.control, { method: 'DELETE', path: `/api/v1/backends/${encodeURIComponent(id)}?now=true` });
  }
  const isRight = status < 500 && !showsInside(text);
  return { bytes, problems: isRight ? [] : [`a registration got ${status} ${text.slice(0, 200)}`] };
}

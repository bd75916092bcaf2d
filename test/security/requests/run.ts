// Sends a case of raw bytes through a lane and compares what comes of it with what must.
import { WireClient } from '../../differential/wire-client.ts';
import { statusOf } from '../../differential/messages.ts';
import { get } from '../../support/http-text.ts';
import type { Check, Lane } from '../attack.ts';
import { STRICT } from '../oracle/dialects.ts';
import { disagreements, shortened, shownRequest } from '../oracle/oracle.ts';
import { readRequests } from '../oracle/request-reader.ts';
import type { Target } from '../target.ts';
import { WRITINGS, type Writing } from '../writings.ts';
import type { Expectation, RawCase } from './case.ts';

/** A case as a lane gets it; undefined when it says nothing about that lane. */
export function inLane(raw: RawCase, lane: Lane): RawCase | undefined {
  if (lane === 'fast') return raw;
  if (lane === 'full') return { ...raw, ...raw.but?.full };
  const bytes = withUpgrade(raw.bytes);
  if (bytes === undefined) return undefined;
  return { ...raw, bytes, ...(isFollowed(raw.bytes) ? upTo(1, raw) : {}), ...raw.but?.upgrade };
}

/** The same bytes, whose first request asks for another protocol. */
function withUpgrade(bytes: string): string | undefined {
  const isUpgrade = /^Upgrade:/im.test(bytes);
  const firstLine = /^(?:\r\n)*[^\r\n]+\r\n/.exec(bytes)?.[0];
  if (isUpgrade || firstLine === undefined) return isUpgrade ? bytes : undefined;
  return `${firstLine}Connection: Upgrade\r\nUpgrade: attack\r\n${bytes.slice(firstLine.length)}`;
}

/** A name and a version, but not HTTP's. */
const PROTOCOL = /^(?!h2|http)[\w!#$%&'*+.^`|~-]+(?:\/[\w.]+)?$/i;

/** Only a GET of HTTP/1.1 without a body is taken to the upgrade lane; bytes after it would be those of the other protocol. */
function isFollowed(bytes: string): boolean {
  const headEnd = bytes.indexOf('\r\n\r\n');
  const firstHead = bytes.slice(0, headEnd);
  const hasBody = /\r\n(?:Content-Length|Transfer-Encoding):/i.test(firstHead);
  const protocols = /\r\nUpgrade:([^\r\n]*)/i.exec(firstHead)?.[1].split(',') ?? [];
  const isDeclined =
    !protocols.every((protocol) => PROTOCOL.test(protocol.trim())) ||
    (/^Upgrade:/im.test(bytes) && !/\r\nConnection: Upgrade/.test(firstHead));
  return headEnd !== -1 && /^(?:\r\n)*GET [^\r\n]*(?<!HTTP\/1\.0)\r\n/.test(bytes) && !hasBody && !isDeclined;
}

function upTo(count: number, { responses, reaches, connection }: Expectation): Expectation {
  return {
    responses: responses.slice(0, count),
    reaches: reaches.slice(0, count),
    connection: connection === 'waits' ? connection : 'closed',
  };
}

/** Runs a case. Nothing of it is left for the next one. */
export async function runCase(target: Target, raw: RawCase, writing: Writing = 'at once'): Promise<Check> {
  const { backend } = target;
  const { bytes, responses, connection } = raw;
  const client = await WireClient.open(target.port);
  backend.takeBytes();
  backend.takeReceived();
  const sent = bytes + (raw.later ?? '');
  const methods = readRequests(sent, STRICT).requests.map(({ method }) => method);
  const [first, ...rest] = WRITINGS[writing](bytes);
  client.send(first, ...methods);
  for (const part of rest) {
    await target.hasRead();
    client.send(part);
  }
  if (raw.later !== undefined) {
    await target.isQuiet(client);
    client.send(raw.later);
  }
  await target.got(client, () => client.answers.length >= responses.length);
  await target.isQuiet(client);
  if (connection === 'closed') await target.got(client, () => client.isClosed);
  const received = backend.takeBytes();
  const seen = {
    responses: client.answers.map(statusOf),
    connection:
      client.answers.length < responses.length && !client.isClosed
        ? 'silent'
        : await stateOf(client, target, connection),
    reaches: received.flatMap((text) => readRequests(text, STRICT).requests.map(shownRequest)).sort(),
  };
  client.socket.destroy();
  const problems = [
    ...differences(seen, raw),
    ...disagreements({ sent: [sent], received }),
    (await target.bystanderProblem()) ?? [],
    target.processProblem() ?? [],
  ].flat();
  // A backend that did not understand waits for the rest for ever.
  if (problems.length > 0) backend.hangUp();
  return { name: raw.name, problem: problems.length === 0 ? undefined : problems.join('; ') };
}

/** Whether the connection is closed, waits, or serves one more request. */
async function stateOf(client: WireClient, target: Target, expected: Expectation['connection']): Promise<string> {
  if (client.isClosed) return 'closed';
  if (expected === 'waits') return 'waits';
  const { answeredCount } = client;
  client.send(get('/after'), 'GET');
  await target.got(client, () => client.answeredCount > answeredCount);
  if (client.answers.at(-1)?.body === 'GET /after') return 'open';
  return client.isClosed ? 'closed at the next request' : 'open, and out of step';
}

type Seen = Omit<Expectation, 'connection'> & { readonly connection: string };

function differences(seen: Seen, raw: RawCase): string[] {
  if (isOvertaken(seen, raw)) return [];
  const expected = { ...raw, reaches: raw.reaches.map(shortened).sort() };
  return (['responses', 'connection', 'reaches'] as const).flatMap((what) => {
    const [is, must] = [seen, expected].map((each) => JSON.stringify(each[what]));
    return is === must ? [] : [`${what}: ${is}, expected ${must}`];
  });
}

/** Whether an error has taken the place of responses before it, as it may. */
function isOvertaken({ responses, connection, reaches }: Seen, raw: RawCase): boolean {
  if (connection !== 'closed' || !raw.mayBeRefused) return false;
  const known = new Set(raw.reaches.map(shortened));
  const good = responses.slice(0, -1);
  return responses.at(-1) === 400 && good.every((status) => status === 200) && reaches.every((each) => known.has(each));
}

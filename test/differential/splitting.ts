// The same bytes many times, cut in two at each place, all of them at once on connections of their own.
import { difference, type Side } from './pair.js';
import { levelled } from './differences.js';
import { WireClient, converse, lastOf, methodOf, type Transcript } from './wire-client.js';

/**
 * Resolves when the balancer has read whatever was sent to it before. Nothing tells of that; but its event loop has gone
 * round several times once it has forwarded a request and its answer.
 */
export async function hasRead(side: Side): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await converse(side.port, { name: 'are you there', sendings: [] }, () => 0);
  }
}

/** What is seen of `bytes` as a whole, and of each pair of halves whatever is seen otherwise. */
export async function splitAtEveryByte(side: Side, bytes: string): Promise<unknown> {
  side.backend.takeReceived();
  const methods = [...bytes.matchAll(/(?:^|\r\n\r\n(?:ab)?)(GET|HEAD|POST)(?= )/g)].map(([, method]) => method);
  const places = Array.from({ length: bytes.length - 1 }, (_, i) => i + 1);
  const clients = await Promise.all(places.map(() => WireClient.open(side.port)));
  clients.forEach((client, i) => client.send(bytes.slice(0, places[i]), ...(methods.length > 0 ? methods : [methodOf(bytes)])));
  await hasRead(side);
  clients.forEach((client, i) => client.send(bytes.slice(places[i])));
  const transcripts = await Promise.all(clients.map((client) => afterAll(client, Math.max(1, methods.length))));
  const received = side.backend.takeReceived().filter(({ startLine }) => !startLine.startsWith('GET /after '));
  const seen = transcripts.map((transcript) => levelled({ ...transcript, received: [] }));
  const different = seen.flatMap((one, i) => difference(`cut at ${places[i]}`, [one, seen[0]]) ?? []);
  return { first: seen[0], different, ...levelled({ ...emptied(seen[0]), received }) };
}

async function afterAll(client: WireClient, count: number): Promise<Transcript> {
  await client.until(() => client.answeredCount >= count);
  return lastOf(client);
}

const emptied = (transcript: Transcript): Transcript => ({ ...transcript, answers: [] });

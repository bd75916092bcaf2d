// The same bytes many times, cut in two at each place, all of them at once on connections of their own.
import type { ResponseCase } from './corpus.js';
import { difference, type Side } from './pair.js';
import { echo } from './scripted-backend.js';
import { levelled } from './differences.js';
import { WireClient, lastOf, methodOf, type Transcript } from './wire-client.js';

/** The observations of `bytes` as a whole, and those of splits that differ. */
export async function splitAtEveryByte(side: Side, bytes: string): Promise<unknown> {
  side.backend.takeReceived();
  const methods = [...bytes.matchAll(/(?:^|\r\n\r\n(?:ab)?)(GET|HEAD|POST)(?= )/g)].map(([, method]) => method);
  const places = Array.from({ length: bytes.length - 1 }, (_, i) => i + 1);
  const clients = await Promise.all(places.map(() => WireClient.open(side.port)));
  clients.forEach((client, i) =>
    client.send(bytes.slice(0, places[i]), ...(methods.length > 0 ? methods : [methodOf(bytes)])),
  );
  await side.hasRead();
  clients.forEach((client, i) => client.send(bytes.slice(places[i])));
  const transcripts = await Promise.all(clients.map((client) => afterAll(client, Math.max(1, methods.length))));
  const received = side.backend.takeReceived().filter(({ startLine }) => !startLine.startsWith('GET /after '));
  received.sort((a, b) => (a.startLine < b.startLine ? -1 : a.startLine > b.startLine ? 1 : 0));
  const seen = transcripts.map((transcript) => levelled({ ...transcript, received: [] }));
  const different = seen.flatMap((one, i) => difference(`cut at ${places[i]}`, [one, seen[0]]));
  return { first: seen[0], different, ...levelled({ ...emptied(seen[0]), received }) };
}

/** The observations of a response split after its first byte, and those of other splits that differ. */
export async function splitAnswerAtEveryByte(
  side: Side,
  bytes: string,
  method: string,
  answer: ResponseCase,
): Promise<unknown> {
  const { backend } = side;
  const whole = answer.parts.join('');
  const places = Array.from({ length: whole.length - 1 }, (_, i) => i + 1);
  const waiting = waitingRoom(places.length);
  backend.beforeNextPart = waiting.enter;
  let next = 0;
  backend.script = (message) => {
    if (!message.startLine.includes(' /scripted ')) return echo(message);
    const place = places[next++ % places.length];
    return { ...answer, parts: [whole.slice(0, place), whole.slice(place)] };
  };
  const clients: WireClient[] = [];
  // Each in its turn, so that it gets the halves that are meant for it.
  for (const place of places) {
    const client = await WireClient.open(side.port);
    client.send(bytes, method);
    await waiting.holds(place);
    clients.push(client);
  }
  await side.hasRead();
  waiting.open();
  const transcripts = await Promise.all(clients.map((client) => afterAll(client, 1)));
  const seen = transcripts.map((transcript) => levelled({ ...transcript, received: [] }));
  const different = seen.flatMap((one, i) => difference(`cut at ${places[i]}`, [one, seen[0]]));
  return { first: seen[0], different };
}

/** Holds the second halves of responses until all have arrived. */
function waitingRoom(size: number) {
  let inside = 0;
  let open = () => {};
  let wake = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return {
    enter: () => {
      inside++;
      wake();
      return opened;
    },
    holds: async (count: number) => {
      while (inside < Math.min(count, size)) await new Promise<void>((resolve) => (wake = resolve));
    },
    open: () => open(),
  };
}

async function afterAll(client: WireClient, count: number): Promise<Transcript> {
  await client.until(() => client.answeredCount >= count);
  return lastOf(client);
}

const emptied = (transcript: Transcript): Transcript => ({ ...transcript, answers: [] });

// Many clients at once: good ones, some that leave, and some for which the backend sends what it should not. A response of
// 200 is that of the client's own request, in its order.
import { seededRandom, type Random } from '@fairlead/scheduling';
import { statusOf } from '../../differential/messages.ts';
import { echo } from '../../differential/scripted-backend.ts';
import { WireClient } from '../../differential/wire-client.ts';
import { get, request } from '../../support/http-text.ts';
import type { Target } from '../target.ts';
import type { Step } from './steps.ts';

const CLIENTS = 12;
const MOST_PIPELINED = 5;

/** What one client sends, and whether it leaves before it has all responses. */
interface Volley {
  readonly client: WireClient;
  readonly targets: readonly string[];
  readonly leaves: boolean;
}

/** Fires at all clients' requests; `hostile` are responses of which the backend sends one for every fifth request. */
export async function crossfireStep(target: Target, hostile: readonly string[], random: Random): Promise<Step> {
  const { backend } = target;
  const below = (limit: number) => Math.floor(random() * limit);
  // Of its own: the order in which requests reach the backend must not change what is random after this step.
  const chance = seededRandom(below(2 ** 32));
  backend.script = (message) => {
    if (!message.startLine.includes('/hostile-')) return echo(message);
    return {
      name: 'hostile',
      parts: [hostile[Math.floor(chance() * hostile.length)]],
      ending: chance() < 0.5 ? 'close' : 'keep',
    };
  };
  const volleys: Volley[] = [];
  for (let i = 0; i < CLIENTS; i++) {
    const client = await WireClient.open(target.port);
    const targets = Array.from({ length: 1 + below(MOST_PIPELINED) }, (_, n) => {
      return `/${random() < 0.2 ? 'hostile' : 'good'}-${i}-${n}`;
    });
    volleys.push({ client, targets, leaves: random() < 0.2 });
  }
  for (const { client, targets } of volleys) {
    for (const path of targets) {
      if (random() < 0.7) client.send(get(path), 'GET');
      else client.send(request('POST', path, ['Content-Length: 2'], 'hi'), 'POST');
    }
  }
  await target.hasRead();
  for (const { client } of volleys.filter(({ leaves }) => leaves)) client.socket.destroy();
  for (const { client } of volleys) await target.isQuiet(client);
  const problems = volleys.flatMap(problemsOf);
  for (const { client } of volleys) client.socket.destroy();
  backend.hangUp();
  backend.script = echo;
  return {
    bytes: volleys.map(({ targets, leaves }) => `${targets.join(' ')}${leaves ? ' (leaves)' : ''}`).join('; '),
    problems,
  };
}

/** Echoes are compared with what was sent, as long as a client's responses to hostile requests can be told apart. */
function problemsOf({ client, targets }: Volley): string[] {
  const finals = client.answers.filter((response) => statusOf(response) >= 200);
  if (finals.length > targets.length) return [`${finals.length} responses to ${targets.length} requests`];
  return finals.flatMap((response, i) => {
    const isGood = targets[i].startsWith('/good') && response.isWhole && statusOf(response) === 200;
    const isOwn = response.body.endsWith(` ${targets[i]}`);
    return isGood && !isOwn ? [`${targets[i]} got ${JSON.stringify(response.body.slice(0, 80))}`] : [];
  });
}

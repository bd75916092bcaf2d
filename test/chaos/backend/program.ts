// The backend of the suite, a process of its own: executes requests, keeps a journal that survives its death, and
// misbehaves on request. Run directly by Node.
import { appendFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerBody, ID_HEADER } from '../answer-body.ts';
import { monotonicMs } from '../clock.ts';
import type { LeaveOptions } from '../scenario.ts';
import { ClientMembership } from './client-membership.ts';
import { BackendMembership } from './membership.ts';
import { HEALTH_PATH, SETTINGS_VARIABLE, type BackendSettings, type Order, type Word } from './settings.ts';

const settings = JSON.parse(process.env[SETTINGS_VARIABLE] ?? '') as BackendSettings;
const membership = settings.usesClient ? await ClientMembership.load(settings) : new BackendMembership(settings);
let behaviour = settings.behaviour;

// Disables Node's timeouts: a keepAliveTimeout would be announced in the Keep-Alive header.
const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, (request, response) => {
  if (request.url === HEALTH_PATH) response.end('well\n');
  else void execute(request, response);
});
if (settings.closeIdleAfterMs !== undefined) closeIdle(settings.closeIdleAfterMs);
server.listen(settings.port, '127.0.0.1', () => {
  if (settings.registers) membership.join();
});

process.on('message', (order: Order) => {
  if ('leave' in order) void leave(order.leave);
  else {
    behaviour = { ...behaviour, ...order.behave };
    say('behaving');
  }
});
process.once('disconnect', () => process.exit(0));

async function execute(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const id = String(request.headers[ID_HEADER]);
  const { method } = request;
  const { delayMs, status } = behaviour;
  const isWhole = await isUploadOf(request, id);
  if (isWhole === undefined) return;
  write('S', id, method);
  if (delayMs > 0) await sleep(delayMs);
  response.once('finish', () => write('E', id, method));
  const body = answerBody(id);
  // An upload that belongs to another request gets 409, which no scenario accepts as correct.
  response.writeHead(isWhole ? status : 409, { 'content-type': 'text/plain', 'content-length': body.length });
  response.end(body);
}

/** Whether the body belongs to the id; undefined when it is incomplete. */
async function isUploadOf(request: IncomingMessage, id: string): Promise<boolean | undefined> {
  let body = '';
  try {
    for await (const chunk of request) body += String(chunk);
  } catch {
    return undefined;
  }
  return body === (request.method === 'POST' ? id : '');
}

/** Written at once, so that nothing is lost when the process is killed. */
function write(what: 'S' | 'E', id: string, method: string | undefined): void {
  appendFileSync(settings.journal, `${what} ${id} ${method} ${monotonicMs()}\n`);
}

/** Closes each connection that has been idle this long after a response. */
function closeIdle(afterMs: number): void {
  const timers = new WeakMap<Socket, NodeJS.Timeout>();
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    clearTimeout(timers.get(socket));
    response.once('close', () =>
      timers.set(
        socket,
        setTimeout(() => socket.destroy(), afterMs),
      ),
    );
  });
}

async function leave({ staysUp = false }: LeaveOptions): Promise<void> {
  const left = await membership.leave();
  say({ left }, staysUp ? undefined : () => process.exit(0));
}

function say(word: Word, done?: () => void): void {
  process.send?.(word, undefined, {}, done);
}

// What a balancer sends does not reach the terminal as it is: it could clear the screen or turn text around.
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { reservePorts } from '../processes/ports.js';
import { shared } from '../support/lifetime.js';
import { startBalancer } from '../support/processes.js';
import { httpUpstream, join } from '../support/upstreams.js';
import { fairlead } from './fairlead.js';
import { node, NUMBERS, SERVER } from './joining.js';

const UNSAFE = '\u001b[2J\u202e';
const ESCAPED = String.raw`\u001b[2J\u202e`;

/** A balancer that adds unsafe text to ids, policies, reasons, messages and its version. */
const unsafe = shared(async (atEnd) => {
  const balancer = await startBalancer({}, atEnd);
  const upstream = await httpUpstream((_, response) => response.end('ok'), atEnd);
  await join(balancer, 'files-1', upstream.port, { pingPath: '/' });
  const relay = async (request: IncomingMessage) => {
    const { method = 'GET', url = '', headers } = request;
    const body = method === 'POST' ? await text(request) : null;
    const type = headers['content-type'] ?? 'text/plain';
    const response = await fetch(`${balancer.control}${url}`, { method, body, headers: { 'content-type': type } });
    // The id in the view of a backend is checked.
    const id = JSON.stringify(url.includes('/backends/') ? 'files-1' : `files-1${UNSAFE}`);
    const json = (await response.text())
      .replaceAll('"files-1"', id)
      .replace(/"(policy|reason|version|message)":"/g, `$&${JSON.stringify(UNSAFE).slice(1, -1)}`);
    return { status: response.status, json };
  };
  const { port } = await httpUpstream(
    (request, response) => void relay(request).then(({ status, json }) => response.writeHead(status).end(json)),
    atEnd,
  );
  return `http://127.0.0.1:${port}`;
});

function expectSafe(output: string): void {
  for (const character of ['\u001b', '\u202e']) expect(output).not.toContain(character);
}

describe('unsafe text of a balancer is escaped', () => {
  it.each([
    ['status'],
    ['backends'],
    ['explain --compute 1'],
    ['events'],
    ['version'],
    ['resume files-1'],
    ['drain none'],
    ['spam --duration 1 --rate 1 --target http://127.0.0.1:1'],
  ])('by fairlead %s', async (args) => {
    const { stdout, stderr } = await fairlead(args.split(' '), { env: { BALANCER_URL: unsafe.current } });
    expect(stdout + stderr).toContain(ESCAPED);
    expectSafe(stdout + stderr);
  });

  it('by fairlead join', async () => {
    const [port] = await reservePorts(1);
    const flags = ['join', '--port', String(port), '--pool', 'none', ...NUMBERS, '--', ...node(SERVER, port)];
    const { exitCode, stderr } = await fairlead(flags, { env: { BALANCER_URL: unsafe.current } });
    expect(exitCode).toBe(125);
    expect(stderr).toContain(`the balancer refused the registration: ${ESCAPED}there is no pool`);
    expectSafe(stderr);
  });
});

// What the backends of examples/ have in common, as processes, in the fleet of a real balancer.
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import type { BackendView } from '@fairlead/contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AppProcess, backendIn, startBalancer, until, type Balancer } from './processes.js';
import { keepAsking } from './supervisor.js';
import { httpUpstream, join } from './upstreams.js';

const TOKEN = 'a token of 16 characters';
const ID = 'example';

/** One of the examples. */
export interface Example {
  readonly command: () => readonly string[];
  /** Its exit code after SIGTERM; null: it ends by the signal. */
  readonly exitCode?: number | null;
}

function startExample({ command }: Example, { control }: Balancer, env: Record<string, string>): AppProcess {
  const running = new AppProcess('the example', command(), {
    env: { PATH: process.env.PATH, BALANCER_URL: control, BACKEND_ID: ID, BACKEND_PORT: '0', ...env },
  });
  onTestFinished(() => running.end());
  return running;
}

async function viewOf({ control }: Balancer): Promise<BackendView> {
  return (await (await fetch(`${control}/api/v1/backends/${ID}`)).json()) as BackendView;
}

async function expiresInSeconds(balancer: Balancer): Promise<number> {
  return (await viewOf(balancer)).lease!.expiresInSeconds!;
}

/** The tests that every example passes. */
export function testExample(example: Example): void {
  const { exitCode = 0 } = example;
  describe('in a fleet', () => {
    it('registers with its token, and serves GET and POST', async () => {
      const balancer = await startBalancer({ CONTROL_PLANE_TOKEN: TOKEN });
      startExample(example, balancer, { CONTROL_PLANE_TOKEN: TOKEN });
      await backendIn(balancer.control, ID, 'up', TOKEN);
      const served = await fetch(`${balancer.url}/some/path`);
      expect([served.status, await served.text()]).toEqual([200, `GET /some/path, served by ${ID}\n`]);
      const posted = await fetch(`${balancer.url}/orders`, { method: 'POST', body: 'two of them' });
      expect([posted.status, await posted.text()]).toEqual([200, `POST /orders, served by ${ID}\n`]);
    });

    it('renews its lease', async () => {
      const balancer = await startBalancer();
      const running = startExample(example, balancer, { LEASE_SECONDS: '3' });
      await backendIn(balancer.control, ID, 'up');
      let least = await expiresInSeconds(balancer);
      await until('the lease to last longer again', async () => {
        const now = await expiresInSeconds(balancer);
        least = Math.min(least, now);
        return now > least;
      });
      expect(running.lines.filter(({ msg }) => msg?.includes('registered with'))).toHaveLength(1);
    });

    it('registers again when the balancer has forgotten it', async () => {
      const balancer = await startBalancer();
      startExample(example, balancer, { LEASE_SECONDS: '1' });
      await backendIn(balancer.control, ID, 'up');
      const { status } = await fetch(`${balancer.control}/api/v1/backends/${ID}?now=true`, { method: 'DELETE' });
      expect(status).toBe(204);
      await backendIn(balancer.control, ID, 'up');
    });

    it('leaves on SIGTERM without losing a request', async () => {
      const balancer = await startBalancer();
      const { port } = await httpUpstream((_, response) => response.end('answer'));
      await join(balancer, 'other', port);
      const running = startExample(example, balancer, {});
      await backendIn(balancer.control, ID, 'up');
      const clients = keepAsking(balancer.url, 4, { keepAlive: true });
      await until('requests to reach the example', async () => {
        const text = await (await fetch(`${balancer.control}/metrics`)).text();
        return /fairlead_backend_attempts_total\{backend="example"\} [1-9]/.test(text);
      });
      expect(await running.stop('SIGTERM')).toBe(exitCode);
      expect((await fetch(`${balancer.control}/api/v1/backends/${ID}`)).status).toBe(404);
      expect((await clients.stop()).failures).toEqual([]);
    });

    it('finishes the request in flight before it leaves', async () => {
      const balancer = await startBalancer();
      const running = startExample(example, balancer, {});
      await backendIn(balancer.control, ID, 'up');
      // Nest waits for the end of JSON only.
      const headers = { 'Content-Type': 'application/json', 'Content-Length': 7 };
      const upload = request(balancer.url, { method: 'POST', headers });
      const responded = once(upload, 'response');
      upload.write('{"a":');
      await until('the request to be in flight', async () => (await viewOf(balancer)).inFlight === 1);
      const { url } = await viewOf(balancer);
      const ended = running.stop('SIGTERM');
      await backendIn(balancer.control, ID, 'draining');
      expect((await fetch(`${url}/health`)).status).toBe(200);
      upload.end('1}');
      const [response] = (await responded) as [IncomingMessage];
      expect(response.statusCode).toBe(200);
      response.resume();
      expect(await ended).toBe(exitCode);
    });
  });
}

/** The test of an example that does not wait for the balancer to change its mind. */
export function testRefusal(example: Example): void {
  it('ends with the reason when the balancer refuses it', async () => {
    const balancer = await startBalancer({ CONTROL_PLANE_TOKEN: TOKEN });
    const running = startExample(example, balancer, {});
    await until('the example to end', () => running.hasEnded);
    expect(running.child.exitCode).toBe(1);
    expect(running.stderr).toMatch(/^http:\/\/\S+ refuses the registration: .*token.*\n$/);
  });
}

// `fairlead join -- COMMAND`, as a process between a real balancer and the process that it starts.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { reservePorts } from '../processes/ports.js';
import { shared } from '../support/lifetime.js';
import { backendIn, startBalancer, until } from '../support/processes.js';
import { ENDS_WITH_3, joinServer, node, NUMBERS, SERVER, startJoin } from './joining.js';

const balancer = shared((atEnd) => startBalancer({}, atEnd));

/** Like background processes of a shell. */
const IGNORES_SIGINT = `${ENDS_WITH_3} process.on('SIGINT', () => {});`;
const IGNORES_SIGTERM = `${SERVER} process.on('SIGTERM', () => console.log('ignored SIGTERM'));`;

describe('fairlead join with a command', () => {
  it('puts it into the fleet once it answers, as the flags describe it', async () => {
    const flags = ['--path', '/health', '--label', 'zone=a', '--label', 'rack=7', '--max-in-flight', '5'];
    const { running, ended, port } = await joinServer(balancer.current.control, 'described', ENDS_WITH_3, ...flags);
    const { control, url } = balancer.current;
    expect(await (await fetch(`${control}/api/v1/backends/described`)).json()).toMatchObject({
      url: `http://127.0.0.1:${port}`,
      resources: { compute: 20, storage: 36 },
      pingPath: '/health',
      maxInFlight: 5,
      labels: { zone: 'a', rack: '7' },
      lease: { leaseSeconds: 30 },
    });
    expect(await (await fetch(url)).text()).toBe('served');
    running.signal('SIGTERM');
    expect(await ended).toBe(3);
    await backendIn(control, 'described', 'gone');
  });

  it('leaves the fleet before the command gets the signal, which a second one brings at once', async () => {
    const { running, ended, wrote } = await joinServer(
      balancer.current.control,
      'drained',
      ENDS_WITH_3,
      '--drain-timeout',
      '3600',
    );
    const request = fetch(`${balancer.current.url}/slow`).catch(() => undefined);
    await wrote('holding');
    running.signal('SIGINT');
    await backendIn(balancer.current.control, 'drained', 'draining');
    expect(running.tail).not.toContain('got SIGTERM');
    running.signal('SIGTERM');
    expect(await ended).toBe(3);
    expect(running.tail).toContain('got SIGTERM');
    await request;
  });

  it('lets requests in flight end before the command gets the signal', async () => {
    const { control, url } = balancer.current;
    const { running, ended, wrote, port } = await joinServer(
      control,
      'emptied',
      ENDS_WITH_3,
      '--drain-timeout',
      '3600',
    );
    const slow = fetch(`${url}/slow`);
    await wrote('holding');
    running.signal('SIGTERM');
    await backendIn(control, 'emptied', 'draining');
    await fetch(`http://127.0.0.1:${port}/release`);
    expect(await (await slow).text()).toBe('late');
    expect(await ended).toBe(3);
    expect(running.tail).toMatch(/deregistered emptied.*got SIGTERM/s);
  });

  it('leaves at once when the command ends by itself, and has its exit code', async () => {
    const { ended, wrote, port } = await joinServer(balancer.current.control, 'crashed', SERVER);
    await fetch(`http://127.0.0.1:${port}/exit`).catch(() => undefined);
    expect(await ended).toBe(7);
    await wrote('ended (exit code 7)');
    await backendIn(balancer.current.control, 'crashed', 'gone');
  });

  it('has the exit code 128 + n when a signal ended the command', async () => {
    const { ended, port } = await joinServer(balancer.current.control, 'killed', SERVER);
    await fetch(`http://127.0.0.1:${port}/kill`).catch(() => undefined);
    expect(await ended).toBe(128 + 9);
  });

  it('passes other signals on', async () => {
    const { running, wrote } = await joinServer(balancer.current.control, 'signalled', SERVER);
    for (const signal of ['SIGHUP', 'SIGUSR2', 'SIGWINCH'] as const) {
      running.signal(signal);
      await wrote(`got ${signal}`);
    }
  });

  it('registers again when the balancer has forgotten it', async () => {
    await joinServer(balancer.current.control, 'forgotten', SERVER, '--lease', '1');
    const { control } = balancer.current;
    const view = async () =>
      (await (await fetch(`${control}/api/v1/backends/forgotten`)).json()) as { registeredAt?: string };
    const before = (await view()).registeredAt;
    await fetch(`${control}/api/v1/backends/forgotten?now=true`, { method: 'DELETE' });
    await until('it to be registered again', async () => {
      const { registeredAt } = await view();
      return registeredAt !== undefined && registeredAt !== before;
    });
  });

  it('kills a command that ignores SIGTERM', async () => {
    const { running, ended } = await joinServer(
      balancer.current.control,
      'stubborn',
      IGNORES_SIGTERM,
      '--stop-timeout',
      '0.2',
    );
    running.signal('SIGTERM');
    expect(await ended).toBe(128 + 9);
    expect(running.tail).toContain('ignored SIGTERM');
    expect(running.tail).toMatch(/has not ended .* after SIGTERM: killing it/);
  });

  it('does not wait for a command that ends by itself while it leaves the fleet', async () => {
    const { control, url } = balancer.current;
    const joined = await joinServer(control, 'ended-early', SERVER, '--drain-timeout', '3600');
    const request = fetch(`${url}/slow`).catch(() => undefined);
    await joined.wrote('holding');
    joined.running.signal('SIGTERM');
    await backendIn(control, 'ended-early', 'draining');
    await fetch(`http://127.0.0.1:${joined.port}/exit`).catch(() => undefined);
    expect(await joined.ended).toBe(7);
    expect(joined.running.tail).not.toContain('has not ended');
    await request;
  });

  it.each([
    ['a shell that waits for it', '"$@"; true', 'SIGTERM', ENDS_WITH_3, 'got SIGTERM', 128 + 15],
    ['a shell, also if it ignores SIGINT', '"$@" & wait', 'SIGINT', IGNORES_SIGINT, 'got SIGTERM', 128 + 2],
    ['a shell that ends before it', '"$@" & wait', 'SIGTERM', IGNORES_SIGTERM, 'killing', 128 + 15],
  ] as const)('ends a server behind %s', async (_, script, signal, code, text, exitCode) => {
    const { control } = balancer.current;
    const [port] = await reservePorts(1);
    const command = ['sh', '-c', script, 'sh', ...node(code, port)];
    const flags = ['--port', String(port), '--id', 'behind-shell', '--stop-timeout', text === 'killing' ? '0.2' : '30'];
    const { running, ended } = startJoin(control, [...flags, ...NUMBERS], command);
    await backendIn(control, 'behind-shell', 'up');
    running.signal(signal);
    expect(await ended).toBe(exitCode);
    expect(running.tail).toContain(text);
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
  });

  it('ends what a command leaves behind when it ends by itself', async () => {
    const { control } = balancer.current;
    const [port] = await reservePorts(1);
    // Only the shell ends by this signal, because join passes it on to the command alone.
    const command = ['sh', '-c', 'trap "exit 5" HUP; "$@" & wait', 'sh', ...node(ENDS_WITH_3, port)];
    const { running, ended } = startJoin(control, ['--port', String(port), '--id', 'left', ...NUMBERS], command);
    await backendIn(control, 'left', 'up');
    running.signal('SIGHUP');
    expect(await ended).toBe(5);
    expect(running.tail).toContain('got SIGTERM');
    await backendIn(control, 'left', 'gone');
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
  });

  it('ends a command that has not answered yet by the signal alone', async () => {
    const [port] = await reservePorts(1);
    const { running, ended, wrote } = startJoin(
      balancer.current.control,
      ['--port', String(port), ...NUMBERS],
      node(`setInterval(() => {}, 1000); console.log('runs')`),
    );
    await wrote('runs');
    running.signal('SIGINT');
    expect(await ended).toBe(128 + 2);
  });

  it('keeps the command running while there is no balancer, and says so once', async () => {
    const [port, none] = await reservePorts(2);
    const { running, ended, wrote } = startJoin(
      `http://127.0.0.1:${none}`,
      ['--port', String(port), ...NUMBERS],
      node(ENDS_WITH_3, port),
    );
    await wrote('no usable response from the balancer');
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('served');
    // By now it has tried again.
    await until('further attempts', async () => {
      const server = createServer((_, response) => response.writeHead(503).end('{}'));
      server.listen(none, '127.0.0.1');
      await Promise.all([once(server, 'listening'), once(server, 'request')]);
      server.close();
      return true;
    });
    expect(running.tail.match(/no usable response/g)).toHaveLength(1);
    running.signal('SIGTERM');
    expect(await ended).toBe(3);
  });
});

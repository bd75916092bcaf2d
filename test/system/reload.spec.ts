// A rolling restart: `npm run supervise` holds the sockets, and `npm run reload` replaces the balancer that accepts on them.
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { metricsOf } from '../support/metrics.js';
import { INSPECTED, endThread } from '../support/inspector.js';
import { backendIn, until } from '../support/processes.js';
import { aFolder, keepAsking, runScript, startSupervisor, type Supervised } from '../support/supervisor.js';
import { httpUpstream, join as joinFleet } from '../support/upstreams.js';

async function withBackend(supervised: Supervised): Promise<Supervised> {
  const { port } = await httpUpstream((_, response) => response.end('answer'));
  await joinFleet(supervised, 'a', port);
  return supervised;
}

async function servingPid({ process }: Supervised): Promise<number> {
  return Number(/balancer (\d+) serves/.exec((await process.logged(' serves')).msg!)![1]);
}

describe('a rolling restart', () => {
  it('no request is lost, on new connections or old ones', async () => {
    const supervised = await withBackend(await startSupervisor(aFolder()));
    const onNew = keepAsking(supervised.url, 4, { keepAlive: false });
    const onKept = keepAsking(supervised.url, 4, { keepAlive: true });
    let serving = await servingPid(supervised);
    for (let round = 0; round < 2; round++) {
      const { code, stdout, stderr } = await supervised.reload();
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const [, next, old] = /^reload complete: balancer (\d+) serves, (\d+) ended with code 0\n$/.exec(stdout) ?? [];
      expect(Number(old)).toBe(serving);
      expect(next).not.toBe(old);
      serving = Number(next);
      await backendIn(supervised.control, 'a', 'up');
    }
    await until('both kinds of clients to be served many times', () =>
      [onNew, onKept].every(({ got }) => got.served > 100),
    );
    expect((await onNew.stop()).failures).toEqual([]);
    expect((await onKept.stop()).failures).toEqual([]);
    expect(await supervised.process.stop('SIGTERM')).toBe(0);
    expect(supervised.process.stderr).toBe('');
  });

  it('the old balancer still serves when the new one fails to start, and is replaced once that is corrected', async () => {
    const folder = aFolder();
    const file = join(folder, 'balancer.env');
    writeFileSync(file, '');
    const supervised = await withBackend(await startSupervisor(folder, { SUPERVISOR_ENV_FILE: file }));
    const pid = await servingPid(supervised);

    writeFileSync(file, 'PING_ACK_INTERVAL_SECONDS=abc\n');
    supervised.process.child.kill('SIGHUP');
    const { msg } = await supervised.process.logged('reload failed');
    expect(msg).toMatch(
      new RegExp(`^reload failed: process \\d+ ended with code 1 before it was ready; balancer ${pid} still serves$`),
    );
    expect(supervised.process.stderr).toContain('PING_ACK_INTERVAL_SECONDS must be a number of seconds');
    expect((await fetch(supervised.url)).status).toBe(200);

    writeFileSync(file, 'PLACEMENT_POLICY=round-robin\n');
    expect((await supervised.reload()).stdout).toContain(`${pid} ended with code 0`);
    expect((await metricsOf(supervised)).policy).toBe('round-robin');
  });
});

describe('npm run supervise', () => {
  it('a balancer that died is restarted, and clients that connect meanwhile are served', async () => {
    const supervised = await withBackend(await startSupervisor(aFolder()));
    process.kill(await servingPid(supervised), 'SIGKILL');
    const { msg } = await supervised.process.logged('ended with SIGKILL');
    expect(msg).toMatch(/starting it again in 0\.1 s$/);
    expect((await fetch(supervised.url)).status).toBe(200);
  });

  it('a new balancer is started when a thread has died, because nothing would accept on its socket', async () => {
    const supervised = await withBackend(await startSupervisor(aFolder(), { DATA_PLANE_THREADS: '2', ...INSPECTED }));
    const pid = await servingPid(supervised);
    await endThread(supervised.process, 7);
    await supervised.process.logged(`balancer ${pid} ended with code 0; starting it again`);
    for (let i = 0; i < 20; i++) {
      const response = await fetch(supervised.url, { headers: { connection: 'close' } });
      expect([response.status, await response.text()]).toEqual([200, 'answer']);
    }
  });

  it('SIGTERM ends the balancer and then the supervisor, and removes its files', async () => {
    const supervised = await startSupervisor(aFolder());
    const pid = await servingPid(supervised);
    expect(await supervised.process.stop('SIGTERM')).toBe(0);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(existsSync(join(supervised.folder, 'supervisor.pid'))).toBe(false);
    await expect(fetch(supervised.url)).rejects.toThrow();
  });

  it('the error names the port that is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { code, stderr } = await runScript('supervise.ts', {
      DATA_PLANE_PORT: '0',
      CONTROL_PLANE_HOST: '127.0.0.1',
      CONTROL_PLANE_PORT: String(port),
    });
    other.close();
    expect(code).toBe(1);
    expect(stderr).toBe(
      `cannot bind CONTROL_PLANE_HOST 127.0.0.1, CONTROL_PLANE_PORT ${port}: bind EADDRINUSE 127.0.0.1:${port}\n`,
    );
  });

  it('a process id file that cannot be written is an error, and the balancer is ended', async () => {
    const file = join(aFolder(), 'missing', 'supervisor.pid');
    const { code, stdout, stderr } = await runScript('supervise.ts', {
      DATA_PLANE_PORT: '0',
      CONTROL_PLANE_PORT: '0',
      REGISTRY_FILE: 'none',
      SUPERVISOR_PID_FILE: file,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^SUPERVISOR_PID_FILE must name a writable file, got "[^"\n]+": ENOENT[^\n]+\n$/);
    expect(stderr).toContain(`"${file}"`);
    const pid = Number(/balancer (\d+) serves/.exec(stdout)![1]);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('a wrong variable is refused before a port is bound', async () => {
    const { code, stderr } = await runScript('supervise.ts', { DATA_PLANE_PORT: 'http' });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'DATA_PLANE_PORT must be a whole number from 0 to 65535, got "http"\n',
    });
  });
});

describe('npm run reload', () => {
  it('the error says that no supervisor runs', async () => {
    const file = join(aFolder(), 'supervisor.pid');
    const { code, stderr } = await runScript('reload.ts', { SUPERVISOR_PID_FILE: file });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        `no running supervisor found by ${file}: start one with npm run supervise, ` +
        'or set DATA_PLANE_PORT or SUPERVISOR_PID_FILE to its value\n',
    });
  });
});

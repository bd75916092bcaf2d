// `fairlead demo --balancers 2`: two balancers that serve one fleet, with their registry in Redis.
import { execFile } from 'node:child_process';
import { existsSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ClusterView } from '@fairlead/contracts';
import { expect, it } from 'vitest';
import { until } from '../processes/until.js';
import { startDemo } from '../support/demo.js';
import { describeWith } from '../support/programs.js';

const run = promisify(execFile);
const FAIRLEAD = fileURLToPath(new URL('../../dist/apps/cli/src/main.js', import.meta.url));

describeWith('redis-server', 'the demo with two balancers', () => {
  it('serves one fleet, goes on without a balancer and without Redis, and ends whole on Ctrl-C', async () => {
    // Variables of another registry in the same shell have no effect.
    const ofAnother = { REGISTRY_URL: 'redis://127.0.0.1:1', REGISTRY_PREFIX: 'x', CLUSTER_ID: 'y', BALANCER_ID: 'z' };
    const demo = await startDemo(ofAnother, undefined, ['--balancers', '2']);
    const port = (usual: number) => usual + demo.offset;
    expect(demo.output.split('\n').filter((line) => /WARN|ERROR/.test(line))).toEqual([]);
    expect(demo.output).toMatch(/ is up: 2 balancers, policy drf, \d+ threads?, 3 backends/);
    expect(demo.output).toMatch(
      new RegExp(`balancer-1 +http://localhost:${port(5252)}[^]*balancer-2 +http://localhost:${port(5253)}`),
    );
    expect(demo.output).toMatch(/registry +redis:\/\/127\.0\.0\.1:\d+/);

    const [first, second] = [`http://127.0.0.1:${port(5252)}`, `http://127.0.0.1:${port(5253)}`];
    const statusesOf = (url: string) => Promise.all(Array.from({ length: 20 }, async () => (await fetch(url)).status));
    expect(await statusesOf(first)).toEqual(Array(20).fill(200));
    expect(await statusesOf(second)).toEqual(Array(20).fill(200));
    const control = `http://127.0.0.1:${port(9797)}`;
    const cluster = async () => (await (await fetch(`${control}/api/v1/cluster`)).json()) as ClusterView;
    // A balancer tells the others its view now and then.
    await until('each balancer to see three backends', async () =>
      (await cluster()).balancers.every(({ backends }) => backends.length === 3),
    );
    expect((await cluster()).balancers.map(({ id, isLive }) => [id, isLive])).toEqual([
      ['balancer-1', true],
      ['balancer-2', true],
    ]);
    const { stdout } = await run(process.execPath, [FAIRLEAD, 'status', '--url', control]);
    expect(stdout).toMatch(/^cluster +fairlead: 2 of 2 balancers live, this is balancer-1$/m);
    expect(stdout).toMatch(/^balancer-2 .* yes +3 of 3$/m);

    const [redis] = demo.processes('redis-server');
    const folder = readlinkSync(`/proc/${redis}/cwd`);
    expect(folder).toContain('fairlead-demo-');
    process.kill(redis, 'SIGKILL');
    expect(await demo.printed('redis-server ended (SIGKILL); the others go on')).toBe(true);
    await until('the balancer to see that Redis is away', async () => (await cluster()).registry.state === 'away');
    expect((await cluster()).registry.reason).toContain('cannot be reached');
    expect(await statusesOf(second)).toEqual(Array(20).fill(200));

    const balancers = demo.processes('dist/apps/balancer/src/main.js');
    expect(balancers).toHaveLength(2);
    process.kill(balancers[0], 'SIGKILL');
    const goesOn = /balancer-\d ended \(SIGKILL\); the others go on/;
    await until('the others to go on without a balancer', () => goesOn.test(demo.output));
    expect(await demo.stop()).toEqual([0, null]);
    expect(existsSync(folder)).toBe(false);
    await expect(fetch(first)).rejects.toThrow();
    await expect(fetch(second)).rejects.toThrow();
  });

  it('ends when no balancer is left', async () => {
    const demo = await startDemo({}, undefined, ['--balancers', '2']);
    const [redis] = demo.processes('redis-server');
    for (const pid of demo.processes('dist/apps/balancer/src/main.js')) process.kill(pid, 'SIGKILL');
    expect(await demo.printed('; stopping the others')).toBe(true);
    await until('Redis to be ended', () => !existsSync(`/proc/${redis}`));
  });
});

it('fairlead demo --balancers says how to install Redis where it is missing', async () => {
  const second = run(process.execPath, [FAIRLEAD, 'demo', '--balancers', '2'], { env: { PATH: '/nonexistent' } });
  await expect(second).rejects.toMatchObject({
    code: 2,
    stderr:
      'fairlead: --balancers needs redis-server, which is not on the PATH. ' +
      'Debian and Ubuntu: sudo apt-get install redis-server; macOS: brew install redis\n',
  });
});

it.each(['0', '9', 'two'])('fairlead demo --balancers %s is refused', async (count) => {
  await expect(run(process.execPath, [FAIRLEAD, 'demo', '--balancers', count])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`argument '${count}' is invalid. It must be a whole number from 1 to 8`),
  });
});

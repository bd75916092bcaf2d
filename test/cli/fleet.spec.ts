// The commands that read and change the fleet of a running balancer, as processes: what they print, and their exit codes.
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { get } from 'node:http';
import type { ServerResponse } from 'node:http';
import { beforeEach, describe, expect, it } from 'vitest';
import { shared } from '../support/lifetime.js';
import { backendIn, startBalancer, until } from '../support/processes.js';
import { emptyFleet, httpUpstream, join } from '../support/upstreams.js';
import { FAIRLEAD, fairlead } from './fairlead.js';

const fleet = shared(async (atEnd) => {
  const balancer = await startBalancer({}, atEnd);
  const held: ServerResponse[] = [];
  const upstream = await httpUpstream((request, response) => {
    if (request.url === '/held') held.push(response);
    else response.end('ok');
  }, atEnd);
  return { balancer, upstream, held };
});

beforeEach(async () => {
  const { balancer, upstream } = fleet.current;
  await emptyFleet(balancer);
  await join(balancer, 'files-1', upstream.port, { pingPath: '/' });
});

/** Runs a command for the shared balancer. */
function run(args: readonly string[], env: Record<string, string> = {}) {
  return fairlead(args, { env: { BALANCER_URL: fleet.current.balancer.control, ...env } });
}

/** Sends a request that stays in flight until the returned function is called. */
async function requestInFlight(): Promise<() => void> {
  const { balancer, held } = fleet.current;
  const before = held.length;
  get(`${balancer.url}/held`).on('response', (response) => response.resume());
  await until('the request to be held', () => held.length > before);
  return () => void held.at(-1)!.end();
}

describe('fairlead status', () => {
  it('shows the fleet and exits with 0 when it is well', async () => {
    const { balancer } = fleet.current;
    await fetch(balancer.url);
    const { exitCode, stdout, stderr } = await run(['status']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain(`balancer   ${balancer.control}/\nstatus     ok\n`);
    expect(stdout).toMatch(/^version {4}\d+\.\d+\.\d+.*, up for \d+ /m);
    expect(stdout).toMatch(/^backends {3}1 of 1 up$/m);
    expect(stdout).toMatch(/^requests +\d+ +\d+\nno backend free +/m);
    expect(stdout).toMatch(/^default +drf +1 of 1 +0 +0$/m);
  });

  it('exits with 1 when no backend gets requests', async () => {
    await emptyFleet(fleet.current.balancer);
    const { exitCode, stdout } = await run(['status']);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^status {5}degraded: no backend gets requests$/m);
  });

  it('prints what the API responds with --json', async () => {
    const { exitCode, stdout } = await run(['status', '--json']);
    const { health, metrics, pools } = JSON.parse(stdout) as Record<string, Record<string, unknown>>;
    expect(exitCode).toBe(0);
    expect(health.status).toBe('ok');
    expect(metrics).toMatchObject({ status: 'ok', policy: 'drf', fleet: { backends: 1 } });
    expect(pools.pools).toMatchObject([{ name: 'default', backends: { up: 1 } }]);
  });
});

describe('fairlead backends', () => {
  it('lists them with their load', async () => {
    const { upstream } = fleet.current;
    const { exitCode, stdout } = await run(['backends']);
    const [head, ...rows] = stdout.trimEnd().split('\n');
    expect(exitCode).toBe(0);
    expect(head).toMatch(
      /^ID +POOL +STATE +URL +IN FLIGHT +PEAK +COMPUTE BACKLOG +STORAGE BACKLOG +REQUESTS +ERRORS +P99$/,
    );
    expect(rows).toEqual([
      expect.stringMatching(
        new RegExp(
          `^files-1 +default +up +http://127.0.0.1:${upstream.port} +[\\d.]+ +\\d+ +\\S+ m?s +\\S+ m?s +\\d+ +0 +`,
        ),
      ),
    ]);
  });

  it('lists those of a pool and a state', async () => {
    expect((await run(['backends', '--state', 'up', '--pool', 'default'])).stdout).toMatch(/^files-1 /m);
    expect((await run(['backends', '--state', 'down'])).stdout).toBe('no backend matches (1 in the fleet)\n');
    expect(JSON.parse((await run(['backends', '--pool', 'x', '--json'])).stdout)).toEqual({ backends: [] });
  });

  it('prints what the API responds with --json', async () => {
    const { backends } = JSON.parse((await run(['backends', '--json'])).stdout) as { backends: unknown[] };
    expect(backends).toMatchObject([{ id: 'files-1', state: 'up', capacity: { compute: 10, storage: 10 } }]);
  });

  it('exits with 2 for a state that there is not', async () => {
    expect(await run(['backends', '--state', 'upp'])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr:
        'fairlead: --state must be one of joining, up, suspect, ejected, down, draining, gone, got "upp" (did you mean up?)\n',
    });
  });

  it('leaves columns out where there are 40', async () => {
    const { stdout } = await run(['backends'], { COLUMNS: '40' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^ID +STATE +IN FLIGHT/);
    expect(lines.filter((line) => line.length > 40)).toEqual([]);
  });
});

describe('fairlead drain, resume and remove', () => {
  it('waits until nothing is in flight, and sends requests there again', async () => {
    const { balancer } = fleet.current;
    const end = await requestInFlight();
    const { stdout } = await run(['drain', 'files-1', '--timeout', '3600']);
    expect(stdout).toBe('files-1 is draining: 1 request in flight, to be cut off in 1 h\n');
    const waiting = run(['drain', 'files-1', '--timeout', '3600', '--wait']);
    end();
    expect(await waiting).toEqual({
      exitCode: 0,
      stdout: 'files-1 is drained: no request is in flight there, and it gets no more\n',
      stderr: '',
    });
    expect((await run(['resume', 'files-1'])).stdout).toBe('files-1 is up: resumed\n');
    await backendIn(balancer.control, 'files-1', 'up');
  });

  it('removes a backend after its drain, or at once', async () => {
    const { balancer, upstream } = fleet.current;
    const end = await requestInFlight();
    const waiting = run(['remove', 'files-1', '--timeout', '3600', '--wait', '--json']);
    await backendIn(balancer.control, 'files-1', 'draining');
    expect((await run(['remove', 'files-1', '--timeout', '3600'])).stdout).toBe(
      'files-1 is draining, and is removed after that: 1 request in flight, to be cut off in 1 h\n',
    );
    end();
    expect(JSON.parse((await waiting).stdout)).toEqual({ id: 'files-1', state: 'gone' });
    await join(balancer, 'files-2', upstream.port);
    expect(await run(['remove', 'files-2', '--now'])).toEqual({
      exitCode: 0,
      stdout: 'files-2 is removed\n',
      stderr: '',
    });
  });

  it.each(['drain', 'resume', 'remove'])('exits with 2 when there is no backend to %s', async (command) => {
    expect(await run([command, 'nosuch'])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `fairlead: ${fleet.current.balancer.control}/ refused: there is no backend with the id "nosuch"\n`,
    });
  });

  it('exits with 2 for a timeout that is no number', async () => {
    const { exitCode, stderr } = await run(['drain', 'files-1', '--timeout', 'soon']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      "option '--timeout <seconds>' argument 'soon' is invalid. It must be a number of seconds, such as 30.",
    );
  });
});

describe('fairlead explain', () => {
  it('shows the candidates with their scores, and why others are not candidates', async () => {
    const { balancer } = fleet.current;
    const other = await httpUpstream((_, response) => response.end());
    await join(balancer, 'files-2', other.port, { resources: { compute: 1, storage: 0 } });
    const { exitCode, stdout } = await run(['explain', '--compute', '3', '--resource', 'storage=1']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^a request of compute 3, storage 1 \(as given\)\npool default, policy drf\ngoes to files-1\n(?:.+ % of the requests explore.*\n)?\nCANDIDATE .*\nfiles-1 /,
    );
    expect(stdout).toMatch(/^files-2 +up +it has no storage$/m);
  });

  it('finds out the route and the demand of a request by its head', async () => {
    const { exitCode, stdout } = await run(['explain', '/reports/7', '--method', 'post', '--host', 'example.org']);
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(
        /^a request of compute [\d.]+, storage [\d.]+ \(assumed, until more is known\)\nroute default, pool default/,
      ),
    });
  });

  it('names no backend where the turn decides', async () => {
    const balancer = await startBalancer({ PLACEMENT_POLICY: 'round-robin' });
    const { port } = fleet.current.upstream;
    const other = await httpUpstream((_, response) => response.end());
    await join(balancer, 'files-1', port, { pingPath: '/' });
    await join(balancer, 'files-2', other.port, { pingPath: '/' });
    const { stdout } = await run(['explain', '--compute', '1'], { BALANCER_URL: balancer.control });
    expect(stdout).toMatch(/policy round-robin\ngoes to one of 2 candidates\n.+\n\nCANDIDATE/);
  });

  it('says how many requests explore, and where', async () => {
    const balancer = await startBalancer({ DECLARED_CAPACITY: 'prior' });
    await join(balancer, 'files-1', fleet.current.upstream.port, { pingPath: '/' });
    const { stdout } = await run(['explain', '/reports/7'], { BALANCER_URL: balancer.control });
    expect(stdout).toMatch(
      /goes to files-1\n1 % of the requests explore: one goes to the least known of files-1\n\nCANDIDATE/,
    );
  });

  it('prints what the API responds with --json', async () => {
    expect(JSON.parse((await run(['explain', '--storage', '2', '--json'])).stdout)).toMatchObject({
      chosen: 'files-1',
      demand: { compute: 0, storage: 2 },
    });
  });

  it.each([
    [[], 'fairlead: explain needs a path, such as /reports/7, or a demand, such as --compute 3 --storage 1\n'],
    [['--host', 'h', '--compute', '1'], 'fairlead: --method and --host need a path\n'],
    [['reports'], /path must be a path such as \/reports\/7/],
    [['--resource', 'x'], /argument 'x' is invalid. It must have the form name=units, such as compute=20./],
    [['--compute', 'x'], /argument 'x' is invalid. It must be a number, such as 20./],
    [['--compute', '1', '--pool', 'x'], /refused: there is no pool "x"/],
    [['--resource', 'gpu=1'], /refused: demand.gpu is unknown: this fleet's resources are compute, storage/],
  ])('exits with 2 for %j', async (args, message) => {
    const { exitCode, stderr } = await run(['explain', ...args]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe('fairlead events', () => {
  it('prints the latest ones, with who asked for them', async () => {
    await run(['drain', 'files-1']);
    const { exitCode, stdout } = await run(['events', '--lines', '2', '--backend', 'files-1']);
    expect(exitCode).toBe(0);
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d files-1 up → draining: drain requested \(drain by 127.0.0.1\)$/),
      expect.stringMatching(/^\d\d:\d\d:\d\d files-1 drained: nothing is in flight$/),
    ]);
  });

  it('goes on with those to come, one event a line', async () => {
    const { balancer, upstream } = fleet.current;
    const args = [FAIRLEAD, 'events', '--follow', '--json', '--lines', '0', '--url', balancer.control];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let count = 0;
    // The first reading has no events to print, so one that is sure to come after it is looked for.
    const pulse = setInterval(() => void join(balancer, `late-${(count += 1)}`, upstream.port).catch(() => {}), 300);
    try {
      const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
      expect(JSON.parse(line)).toMatchObject({
        sequence: expect.any(Number) as number,
        kind: expect.any(String) as string,
      });
    } finally {
      clearInterval(pulse);
      child.kill();
    }
  });

  it('ends quietly when nothing reads its output any more', async () => {
    const { balancer } = fleet.current;
    const args = [FAIRLEAD, 'events', '--follow', '--url', balancer.control];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    await once(child.stdout, 'data');
    const closed = once(child, 'close');
    child.stdout.destroy();
    await run(['drain', 'files-1']);
    const [exitCode] = (await closed) as [number];
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });
});

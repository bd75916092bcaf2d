import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, describe, onTestFinished } from 'vitest';
import { FLEETS } from '../placement/fleets.js';
import { quantile, run } from './client.js';
import { weightOf } from '../contenders/contender.js';
import { CONTENDERS } from './contenders.js';
import { raceOptions } from './options.js';
import { poissonArrivals } from './work.js';

describe('raceOptions', () => {
  it('runs everything without flags', () => {
    const options = raceOptions([]);
    expect(options).toMatchObject({
      fleets: ['polar', 'original-3', 'web'],
      loads: [0.4, 0.6, 0.8, 0.95],
      timeoutSeconds: 10,
      isWhole: true,
    });
    expect(options).toMatchObject({ contenders: CONTENDERS });
  });

  it('lets other flags override the defaults of --quick', () => {
    expect(raceOptions(['--quick', '--load', '0.8'])).toMatchObject({
      fleets: ['polar'],
      loads: [0.8],
      isWhole: false,
    });
  });

  it.each([
    [['--fleet', 'wide'], '--fleet must be one of polar, original-3, web, got "wide"'],
    [['--load', '1'], '--load must be a fraction of λ* above 0 and below 1 such as 0.6, got "1"'],
    [['--duration', '1.5'], '--duration must be a whole number of seconds from 1 to 3600, got "1.5"'],
    [['--timeout', '0'], '--timeout must be a whole number of seconds from 1 to 3600, got "0"'],
    [['--bogus'], "Unknown option '--bogus'"],
  ])('rejects %j with a message of one line', (args, problem) => {
    expect(raceOptions(args)).toEqual({ problem });
  });
});

describe('poissonArrivals', () => {
  const { classes } = FLEETS.find(({ name }) => name === 'polar')!;

  it('gives all contenders the same traffic', () => {
    expect(poissonArrivals(classes, 100, 5, 1)).toEqual(poissonArrivals(classes, 100, 5, 1));
  });

  it('keeps to the rate and the mix', () => {
    const arrivals = poissonArrivals(classes, 100, 200, 1);
    expect(arrivals.length / 200).toBeCloseTo(100, -1);
    expect(arrivals.filter(({ demand }) => demand[0] === 4).length / arrivals.length).toBeCloseTo(0.5, 1);
  });
});

describe('run', () => {
  const arrivals = [0, 10, 20, 30].map((atMs) => ({ atMs, demand: [1, 1] }));

  it('opens as many connections as it needs, and leaves out the warm-up', async () => {
    const held: ServerResponse[] = [];
    const port = await serving(
      createServer((_, response) => {
        held.push(response);
        if (held.length === arrivals.length) held.forEach((each) => each.end());
      }),
    );
    const { latenciesMs, failures } = await run(port, arrivals, { warmUpMs: 15, timeoutMs: 5_000 });
    expect(latenciesMs).toHaveLength(2);
    expect(failures).toEqual({ late: 0, refused: 0, broken: 0 });
  });

  it('counts every kind of failure as the whole timeout', async () => {
    const port = await serving(
      createServer((request, response) => {
        if (request.url === '/c1/s1') response.writeHead(503).end();
        else if (request.url === '/c2/s1') response.destroy();
      }),
    );
    const failing = [1, 2, 3].map((compute) => ({ atMs: 0, demand: [compute, 1] }));
    const { latenciesMs, failures } = await run(port, failing, { warmUpMs: 0, timeoutMs: 200 });
    expect([...latenciesMs]).toEqual([200, 200, 200]);
    expect(failures).toEqual({ late: 1, refused: 1, broken: 1 });
  });
});

describe('quantile', () => {
  it('is the nearest rank', () => {
    const sorted = Float64Array.from({ length: 200 }, (_, i) => i + 1);
    expect([0, 0.5, 0.99, 1].map((q) => quantile(sorted, q))).toEqual([1, 100, 198, 200]);
  });
});

describe('weightOf', () => {
  it('is the sum of the capacities, as integers that HAProxy accepts', () => {
    const fleet = [
      [64, 8],
      [8, 8],
    ].map((capacity, b) => ({ id: `b${b}`, port: 1, capacity }));
    expect(fleet.map((backend) => weightOf(backend, fleet))).toEqual([200, 44]);
  });
});

async function serving(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

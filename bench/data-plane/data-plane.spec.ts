import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { barsOf, isMet } from './bars.js';
import { bodyOf, CASES, filePath, HEADERS } from './cases.js';
import { CONTENDERS } from './contenders.js';
import { between } from './document.js';
import { benchOptions, commandOf, type BenchOptions } from './options.js';
import { plot } from './plot.js';
import { parseResidentKib, parseStat, treeOf } from './proc.js';
import { Results } from './results.js';
import { tablesOf } from './tables.js';
import type { Sample } from './turn.js';
import { validate } from './validation.js';
import { luaScript, parseWrk } from './wrk.js';

// As wrk 4.1.0 of Debian 12 prints it.
const WRK = `Running 5s test @ http://127.0.0.1:8080/files/1024
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     3.42ms   12.01ms 107.33ms   93.55%
    Req/Sec    17.13k     2.20k   20.31k    72.00%
  Latency Distribution
     50%  875.00us
     75%    1.61ms
     90%    6.22ms
     99%    1.07s
  85221 requests in 5.02s, 105.12MB read
Requests/sec:  16976.29
Transfer/sec:     20.94MB
`;

describe('parseWrk', () => {
  it('reads counts, and percentiles in any unit', () => {
    expect(parseWrk(WRK)).toEqual({ requests: 85_221, requestsPerSecond: 16_976.29, p50Ms: 0.875, p99Ms: 1070 });
  });

  it.each(['Non-2xx or 3xx responses: 12', 'Socket errors: connect 0, read 3, write 0, timeout 0'])(
    'fails on "%s"',
    (line) => {
      expect(() => parseWrk(WRK.replace('Requests/sec', `  ${line}\nRequests/sec`))).toThrow(line);
    },
  );

  it('fails on text that is not a report, and without responses', () => {
    expect(() => parseWrk('unable to connect')).toThrow('wrk printed no figures');
    expect(() => parseWrk(WRK.replace('85221', '0'))).toThrow('wrk printed no figures');
  });
});

describe('luaScript', () => {
  const script = (name: string) => luaScript(CASES.find((each) => each.name === name)!);

  it('sends the ten headers, and has no function, which would cost time for each request', () => {
    expect(Object.keys(HEADERS)).toHaveLength(10);
    expect(script('1kib').match(/^wrk\.headers\["[A-Za-z-]+"\] = ".+"$/gm)).toHaveLength(10);
    expect(script('1kib')).not.toMatch(/function|Connection|wrk\.body/);
  });

  it('sends a body, or closes the connection, if the case says so', () => {
    expect(script('post')).toContain('wrk.method = "POST"');
    expect(script('no-keep-alive')).toContain('wrk.headers["Connection"] = "close"');
  });
});

describe('/proc', () => {
  // A process name may contain spaces and parentheses.
  const stat = (pid: number, parent: number, [utime, stime]: readonly number[]) =>
    `${pid} (a) b (c) S ${parent} ${pid} 1 0 -1 4194560 9 9 9 9 ${utime} ${stime} 55 66 20 0 7 0 100 200 300`;

  it('reads parent and CPU time after any name', () => {
    expect(parseStat(stat(42, 7, [130, 25]))).toEqual({ pid: 42, parent: 7, ticks: 155 });
  });

  it('finds a process and all its descendants, and no other process', () => {
    const all = [
      stat(1, 0, [9, 9]),
      stat(10, 1, [1, 1]),
      stat(11, 10, [2, 2]),
      stat(12, 11, [3, 3]),
      stat(13, 1, [4, 4]),
    ];
    expect(treeOf(10, all.map(parseStat)).map(({ pid }) => pid)).toEqual([10, 11, 12]);
  });

  it('reads resident memory, and 0 for a process that has exited', () => {
    expect(parseResidentKib('Name:\tnginx\nVmHWM:\t   9000 kB\nVmRSS:\t    6204 kB\n')).toBe(6204);
    expect(parseResidentKib('Name:\tnginx\nState:\tZ (zombie)\n')).toBe(0);
  });
});

describe('benchOptions', () => {
  it('measures everything without flags', () => {
    const options = benchOptions([]);
    expect(options).toMatchObject({ cases: CASES, contenders: CONTENDERS, rounds: 5, seconds: 5, warmUpSeconds: 2 });
    expect(options).toMatchObject({ hasFootprint: true, isWhole: true });
  });

  it('lets other flags override the defaults of --quick', () => {
    const options = benchOptions(['--quick', '--rounds', '3', '--case', '1mib', '--contender', 'caddy']);
    expect(options).toMatchObject({ rounds: 3, seconds: 2, hasFootprint: false, isWhole: false });
    expect(options).toMatchObject({ cases: [{ name: '1mib' }], contenders: [{ name: 'caddy' }] });
  });

  it('writes the document for any durations, but only when nothing is left out', () => {
    const isWhole = (...args: string[]) => (benchOptions(args) as { isWhole: boolean }).isWhole;
    expect([isWhole('--rounds', '1'), isWhole('--quick'), isWhole('--case', '1kib')]).toEqual([true, false, false]);
  });

  it('reproduces the command, without the file for raw results', () => {
    const options = benchOptions([
      '--json',
      '/tmp/raw.json',
      '--rounds',
      '2',
      '--seconds',
      '5',
      '--starts',
      '9',
    ]) as BenchOptions;
    expect(commandOf(options)).toBe('npm run bench:data-plane -- --rounds 2 --starts 9');
    expect(commandOf(benchOptions([]) as BenchOptions)).toBe('npm run bench:data-plane');
  });

  it.each([
    [['--case', 'huge'], /^--case must be one of 100b, .*footprint, got "huge"$/],
    [['--contender', 'apache'], /^--contender must be one of nginx, .*, got "apache"$/],
    [['--rounds', '0'], /^--rounds must be a whole number from 1 to 999, got "0"$/],
    [['--bogus'], /^Unknown option '--bogus'$/],
  ])('rejects %j with a message of one line', (args, problem) => {
    expect(benchOptions(args)).toEqual({ problem: expect.stringMatching(problem) as string });
  });
});

describe('results', () => {
  const sample = (caseName: string, contender: string, round: number, cpuMicros: number): Sample => ({
    caseName,
    contender,
    round,
    cpuMicros,
    cpuTicks: 1,
    requests: 1,
    requestsPerSecond: 1000,
    p50Ms: 1,
    p99Ms: 2,
  });
  const results = new Results(CASES, CONTENDERS);
  // A machine that slows down from round to round: the ratio stays the same.
  results.samples.push(
    ...[1, 2, 3].flatMap((round) => [
      sample('1kib', 'nginx', round, 10 * round),
      sample('1kib', 'fairlead-fast', round, 12 * round),
      sample('1kib', 'nest-hpm', round, 100 * round),
    ]),
    sample('1kib', 'caddy', 1, 20),
  );

  it('compares turns of the same round', () => {
    expect(results.costRatio('1kib', 'fairlead-fast', 'nginx')).toEqual({ median: 1.2, min: 1.2, max: 1.2 });
    expect(results.costRatio('1kib', 'fairlead-fast', 'haproxy')).toBeUndefined();
  });

  it('judges measured bars, and reports unmeasured ones', () => {
    const verdictOf = (what: string) => isMet(barsOf(results).find((bar) => bar.what === what)!);
    expect(verdictOf('Fairlead, fast lane / nginx: 1 KiB')).toBe(true);
    expect(verdictOf('Fairlead, fast lane / Caddy: 1 KiB')).toBe(false);
    expect(verdictOf('Fairlead, fast lane / Nest + http-proxy-middleware: 1 KiB')).toBe(true);
    expect(verdictOf('Fairlead, fast lane / nginx: 1 MiB, 16 connections')).toBeUndefined();
  });

  it('shows medians with their spread, the ratio to nginx, and the share of a core', () => {
    const table = tablesOf(results).find(({ title }) => title === '1 KiB')!;
    const row = table.rows.find(([title]) => title === 'Fairlead, fast lane');
    expect(row).toEqual(['Fairlead, fast lane', '24.0 (12.0–36.0)', '1.20', '2.40', '1,000', '1.00', '2.00']);
  });
});

describe('plot', () => {
  it('has a dot for each mark, with higher costs further right', () => {
    const mark = (row: string, series: string, median: number) => ({ row, series, median, min: median, max: median });
    const svg = plot('cost', [mark('1 KiB', 'nginx', 15), mark('1 KiB', 'Fairlead', 150), mark('1 MiB', 'nginx', 900)]);
    const dots = [...svg.matchAll(/H[\d.]+" stroke="#\w+" stroke-width="2"\/><circle cx="([\d.]+)"/g)];
    const across = dots.map(([, cx]) => Number(cx));
    expect(across).toHaveLength(3);
    expect(across).toEqual(across.toSorted((a, b) => a - b));
  });
});

describe('between', () => {
  it('replaces the text between the markers, and keeps the rest', () => {
    const document = 'before\n<!-- bench:data-plane begins -->\nold\n<!-- bench:data-plane ends -->\nafter\n';
    const replaced = between(document, 'new');
    expect(replaced).toMatch(/^before\n<!-- .* -->\n\nnew\n\n<!-- .* -->\nafter\n$/);
    expect(between(replaced, 'new')).toBe(replaced);
    expect(() => between('no markers', 'new')).toThrow('the document must contain');
  });
});

describe('validate', () => {
  const usual = CASES.filter(({ name }) => name === '1kib');

  it('accepts a server that behaves like a proxy with three backends', async () => {
    await expect(validate(await proxy({}), [1, 2, 3], usual)).resolves.toBeUndefined();
  });

  it.each([
    ['a body cut short', { body: bodyOf(1023) }, '1 KiB: the body, 1023 bytes of 1024'],
    ['a backend left out', { backends: [1, 2] }, '1 of 3 backends received none of 30 requests'],
    ['no X-Forwarded-For', { forwardedFor: undefined }, 'X-Forwarded-For'],
    ['another path', { target: '/' }, 'target: got "/", expected "/echo?a=1&b=%2Fx"'],
  ])('rejects %s', async (_, fault, sentence) => {
    await expect(validate(await proxy(fault), [1, 2, 3], usual)).rejects.toThrow(sentence);
  });
});

interface Fault {
  readonly body?: Buffer;
  readonly backends?: readonly number[];
  readonly forwardedFor?: string | undefined;
  readonly target?: string;
}

/** A server that responds like the backends through a proxy, except for one fault. */
async function proxy(fault: Fault): Promise<number> {
  const { body = bodyOf(1024), backends = [1, 2, 3] } = fault;
  let turn = 0;
  const echoed = ({ method, url, headers }: IncomingMessage, body: Buffer) => {
    const forwardedFor = 'forwardedFor' in fault ? fault.forwardedFor : '127.0.0.1';
    const bodySha256 = createHash('sha256').update(body).digest('hex');
    const seen = { ...headers, 'x-forwarded-for': forwardedFor };
    return JSON.stringify({ method, target: fault.target ?? url, headers: seen, bodySha256 });
  };
  const server = createServer((request, response) => {
    response.setHeader('X-Backend', backends[turn++ % backends.length]);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      response.end(request.url === filePath(1024) ? body : echoed(request, Buffer.concat(chunks))),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

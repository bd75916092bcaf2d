import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CASES } from '../cases.js';
import { CONTENDERS } from '../contenders.js';
import { benchOptions } from '../options.js';
import { Results } from '../results.js';
import type { Sample } from '../turn.js';
import { checkoutIn } from './checkout.js';
import { inTurn, pairOf } from './pair.js';
import { comparisonTables } from './tables.js';

/** A folder with these files, removed after the test. */
function aFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-checkout-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const PACKAGE = { 'package.json': '{ "name": "fairlead" }' };
const INSTALLED = { ...PACKAGE, 'node_modules/x/package.json': '{}' };
const BUILT = { ...INSTALLED, 'dist/apps/balancer/src/main.js': '' };

describe('the flags of a comparison', () => {
  it('compares both lanes at 1 KiB and their start-up, in short turns', () => {
    expect(benchOptions(['--against', '../base'])).toMatchObject({
      against: '../base',
      cases: [{ name: '1kib' }],
      hasFootprint: true,
      contenders: [{ name: 'fairlead-full' }, { name: 'fairlead-fast' }],
      rounds: 15,
      seconds: 3,
      starts: 10,
    });
  });

  it('accepts other cases, numbers and contenders, and never rewrites the document', () => {
    const flags = '--against ../base --case 16kib --contender fairlead-fast-2 --rounds 4 --seconds 1 --starts 2';
    expect(benchOptions(flags.split(' '))).toMatchObject({
      cases: [{ name: '16kib' }],
      hasFootprint: false,
      contenders: [{ name: 'fairlead-fast-2' }],
      rounds: 4,
      seconds: 1,
      starts: 2,
      isWhole: false,
    });
    expect(benchOptions(['--against', '../base'])).toMatchObject({ isWhole: false });
  });

  it.each([
    [['--against', 'x', '--contender', 'nginx'], /^--contender must be one of fairlead-full, .*, got "nginx"$/],
    [['--against', 'x', '--quick'], /^--quick and --against cannot be used together$/],
    [['--against', 'x', '--starts', 'many'], /^--starts must be a whole number from 1 to 999, got "many"$/],
    [['--against'], /^Option '--against <value>' argument missing$/],
  ])('rejects %j with a message of one line', (args, problem) => {
    expect(benchOptions(args)).toEqual({ problem: expect.stringMatching(problem) as string });
  });
});

describe('checkoutIn', () => {
  it('finds the build of a checkout, by a relative path too', () => {
    const folder = aFolder(BUILT);
    const found = { folder, balancer: join(folder, 'dist/apps/balancer/src/main.js') };
    expect([checkoutIn(folder), checkoutIn(relative('.', folder))]).toEqual([found, found]);
  });

  it.each([
    [
      'an empty folder',
      {},
      /which has no package.json named "fairlead": make one with "git worktree add .* npm run build"$/,
    ],
    ['another project', { 'package.json': '{ "name": "nginx" }' }, /which has no package.json named "fairlead"/],
    ['a broken package.json', { 'package.json': '{' }, /which has no package.json named "fairlead"/],
    ['a bare checkout', PACKAGE, /which has no node_modules: run "npm ci" there$/],
    ['an unbuilt checkout', INSTALLED, /which has no dist\/apps\/balancer\/src\/main.js: run "npm run build" there$/],
  ])('reports what is missing in %s, and the command that provides it', (_, files, sentence) => {
    const folder = aFolder(files);
    expect(() => checkoutIn(folder)).toThrow(sentence);
    expect(() => checkoutIn(folder)).toThrow(
      `--against must be the folder of a built checkout of Fairlead, got "${folder}"`,
    );
  });

  it('reports a missing path and a file as not a folder', () => {
    const file = join(aFolder(PACKAGE), 'package.json');
    for (const path of [file, `${file}s`])
      expect(() => checkoutIn(path)).toThrow('which is not a folder: make one with');
  });
});

const entry = CONTENDERS.find(({ name }) => name === 'fairlead-fast')!;
const pair = pairOf(entry, { folder: '/this', balancer: 'this.js' }, { folder: '/other', balancer: 'other.js' });

describe('a pair', () => {
  it('starts both builds with the same node and the same variables', () => {
    const place = { port: 1, controlPort: 2, folder: '/tmp', backends: [] };
    const [own, other] = [pair.own, pair.other].map((side) => side.entry.launch(place));
    expect([own.command, other.command]).toEqual([process.execPath, process.execPath]);
    expect(other.env).toEqual(own.env);
    expect(own.args.at(-1)).toMatch(/dist\/apps\/balancer\/src\/main\.js$/);
    expect(other.args).toEqual([...own.args.slice(0, -1), 'other.js']);
  });

  it('alternates the order: AB BA', () => {
    const order = [1, 2, 3, 4].map((round) => inTurn(pair, round).map(({ folder }) => folder));
    const [ab, ba] = [
      ['/this', '/other'],
      ['/other', '/this'],
    ];
    expect(order).toEqual([ab, ba, ab, ba]);
  });
});

describe('comparisonTables', () => {
  const results = new Results(CASES, [pair.own.entry, pair.other.entry]);
  const sample = (contender: string, round: number, cpuMicros: number): Sample => ({
    caseName: '1kib',
    contender,
    round,
    cpuMicros,
    cpuTicks: 1,
    requests: 1,
    requestsPerSecond: 20_000,
    p50Ms: 1,
    p99Ms: 2,
  });
  // The machine slows down from round to round; the ratios are 0.90 to 0.95.
  const starts: { contender: string; round: number; readyMs: number }[] = [];
  for (const round of [1, 2, 3, 4, 5, 6]) {
    const ratio = 0.89 + round / 100;
    results.samples.push(
      sample('fairlead-fast', round, 10 * round * ratio),
      sample('fairlead-fast@other', round, 10 * round),
    );
    starts.push(
      { contender: 'fairlead-fast', round, readyMs: 600 * ratio },
      { contender: 'fairlead-fast@other', round, readyMs: 600 },
    );
  }
  // A round that a failure ended early.
  results.samples.push(sample('fairlead-fast', 7, 1000));

  it('show the cost of each build, and the median ratio of complete rounds with its interval', () => {
    const [cost, start] = comparisonTables({ pairs: [pair], results, starts });
    expect(cost.rows).toEqual([
      ['1 KiB: Fairlead, fast lane', '37.2', '35.0', '0.925', '0.900–0.950', '96.9 %', '74.4 / 70.0'],
    ]);
    expect(start.rows).toEqual([['Fairlead, fast lane', '555', '600', '0.925', '0.900–0.950', '96.9 %']]);
  });

  it('have no table for measures without samples', () => {
    expect(comparisonTables({ pairs: [pair], results: new Results(CASES, []), starts: [] })).toEqual([]);
  });
});

// `npm run bench:decision`: how long one placement takes, and whether it allocates; how long a route takes to find, and a
// file of routes to parse.
//
// Each decision finds the candidates, chooses one, and updates the load. `--expose-gc` also measures the heap.
// `npm run bench:decision -- --quick` only checks, in about a second, that everything runs; its figures mean nothing.
import { parseArgs } from 'node:util';
import { parseEnvironment } from '@fairlead/configuration';
import { Bench } from 'tinybench';
import {
  Candidates,
  Exploration,
  FleetSnapshot,
  LoadTable,
  POLICY_NAMES,
  createPolicy,
  seededRandom,
  type PolicyName,
} from '@fairlead/scheduling';
import { parseTraffic, trafficDefaults, trafficVariables } from '@fairlead/traffic-config';
import { aTable, fileOf, requestsFor } from './routes.ts';

const SIZES = [10, 100, 1000];
/** What decides: every policy over two declared resources, and `drf` as it is when nothing is declared. */
const CONTENDERS: readonly Contender[] = [
  ...POLICY_NAMES.map((policy) => ({ name: policy, policy, resources: 2 })),
  { name: 'drf, 3 latent', policy: 'drf', resources: 3, exploration: 0.01 },
];
const DEMANDS = 64;
const ROUTES = [1, 100, 1000];
const PARSING = {
  file: 'fairlead.yaml',
  defaults: trafficDefaults(parseEnvironment(trafficVariables, {}), Infinity),
  resourceNames: ['compute', 'storage'],
  environment: {},
  readFile: () => '',
};
const NONE: readonly number[] = [];
const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values;
/** Decisions over which heap growth is measured. */
const WATCHED_DECISIONS = quick ? 200 : 20_000;

/** One row of the table. */
interface Contender {
  readonly name: string;
  readonly policy: PolicyName;
  readonly resources: number;
  /** The part of the requests that explore. */
  readonly exploration?: number;
}

const bench = new Bench(quick ? { time: 0, iterations: 2, warmup: false } : { time: 150, warmupTime: 50 });
for (const backends of SIZES) {
  for (const contender of CONTENDERS) {
    const decide = aDecision(contender, backends);
    bench.add(`${contender.name} ${backends}`, () => {
      for (let i = 0; i < DEMANDS; i++) decide(i);
    });
  }
}
for (const routes of ROUTES) {
  const table = aTable(routes);
  const requests = requestsFor(routes);
  let next = 0;
  bench.add(`routes ${routes}`, () => {
    for (let i = 0; i < DEMANDS; i++) table.match(requests[next++ % routes]);
  });
}
for (const routes of ROUTES) {
  const text = fileOf(routes);
  bench.add(`parse ${routes}`, () => {
    const { kind } = parseTraffic(text, PARSING);
    if (kind !== 'valid') throw new Error('the file of the benchmark is not valid');
  });
}
await bench.run();

const rows = CONTENDERS.map((contender) => [
  contender.name,
  Object.fromEntries([
    ...SIZES.map((backends) => [`µs, ${backends} backends`, perCall(`${contender.name} ${backends}`)] as const),
    ...SIZES.map((backends) => [`bytes, ${backends}`, bytesPerDecision(aDecision(contender, backends))] as const),
  ]),
]);
console.table(Object.fromEntries(rows));
console.table(
  Object.fromEntries(
    ROUTES.map((routes) => [
      `${routes} routes`,
      { 'µs, match': perCall(`routes ${routes}`), 'ms, parse': Number(p50Ms(`parse ${routes}`).toFixed(1)) },
    ]),
  ),
);

/** A decision in a fleet at half load; each call advances the clock. */
function aDecision({ policy, resources, exploration }: Contender, backends: number): (i: number) => number {
  const random = seededRandom(1);
  const table = new LoadTable({ resourceCount: resources, slotCount: backends, writerCount: 1 });
  const members = Array.from({ length: backends }, (_, slot) => ({
    slot,
    capacity: Array.from({ length: resources }, (__, r) => 1 + ((slot * (1 + 6 * r)) % 40)),
  }));
  const fleet = new FleetSnapshot(resources, members);
  for (const { slot, capacity } of members) {
    table.rows[0].reserve(
      slot,
      Float64Array.from(capacity, (units) => units * random()),
      0,
    );
  }
  const demands = Array.from({ length: DEMANDS }, () =>
    Float64Array.from({ length: resources }, () => 1 + 9 * random()),
  );
  const candidates = new Candidates();
  let now = 0;
  const chooser = createPolicy(policy, {
    table,
    random,
    clock: () => (now += 1e-3),
    ...(exploration !== undefined && { exploration: anExploration(exploration, backends) }),
  });
  return (i) => {
    const demand = demands[i % DEMANDS];
    candidates.fill(fleet, table, demand, NONE);
    return chooser.choose(candidates, demand, i * 0x9e3779b1);
  };
}

function anExploration(part: number, backends: number): Exploration {
  const exploration = new Exploration(seededRandom(2));
  exploration.useTable({ exploration: part, slotSamples: new Float64Array(backends).fill(9) });
  return exploration;
}

/** The median time of one of the {@link DEMANDS} calls of a task, microseconds. */
function perCall(task: string): number {
  return Number(((p50Ms(task) * 1e3) / DEMANDS).toFixed(2));
}

/** The median time of a task, milliseconds. */
function p50Ms(task: string): number {
  const result = bench.getTask(task)?.result;
  if (result === undefined || !('latency' in result)) throw new Error(`${task} was not timed`);
  return result.latency.p50;
}

/** Heap growth per decision, bytes; -1 without `--expose-gc`. */
function bytesPerDecision(decide: (i: number) => number): number {
  if (globalThis.gc === undefined) return -1;
  for (let i = 0; i < WATCHED_DECISIONS; i++) decide(i);
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < WATCHED_DECISIONS; i++) decide(i);
  return Math.round((process.memoryUsage().heapUsed - before) / WATCHED_DECISIONS);
}

// `npm run bench:latent`: what learning machines and requests from latency costs, as a part of a core.
//
// 50 classes on 200 machines, 5,000 responses per second, all starts and ends of 30 seconds of simulated time. The learner
// works as in the balancer: once every 50 ms, for at most 5 ms. The start phase, with its additional fits from random
// factors, is reported apart.
// `npm run bench:latent -- --quick` only checks, in seconds, that everything runs; its figures mean nothing.
import { parseArgs } from 'node:util';
import { LatentLearner, seededRandom, type Stay } from '@fairlead/scheduling';

const CLASSES = 50;
const MACHINES = 200;
const RANK = 3;
const RESPONSES_PER_SECOND = 5000;
const STEP_SECONDS = 0.05;
const STEP_BUDGET_MS = 5;
const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values;
const START_SECONDS = quick ? 1 : 20;
const MEASURED_SECONDS = quick ? 1 : 30;
const MAX_PART = 0.03;

/** A request in flight. */
interface Flight {
  readonly classId: number;
  readonly slot: number;
  readonly stay: Stay | undefined;
  readonly endsAt: number;
}

const random = seededRandom(1);
const learner = new LatentLearner({ classCount: CLASSES, slotCount: MACHINES, rankLimit: RANK }, seededRandom(2));
const demand = Array.from({ length: CLASSES }, () => amounts(0.2, 5));
const slowness = Array.from({ length: MACHINES }, () => amounts(0.003, 0.03));
/** In flight, by the step of the clock at which they end. */
const flights = new Map<number, Flight[]>();
let now = 0;

const start = run(START_SECONDS);
const settled = run(MEASURED_SECONDS);
const nothing = run(MEASURED_SECONDS, false);
console.table({
  start: rowOf(start, START_SECONDS),
  settled: rowOf(settled, MEASURED_SECONDS),
  'settled, without fits': rowOf(nothing, MEASURED_SECONDS),
});
const part = settled.cpuSeconds / MEASURED_SECONDS;
console.log(`${(100 * part).toFixed(1)} % of a core, ${part <= MAX_PART ? 'within' : 'above'} ${100 * MAX_PART} %`);

/** Simulates some seconds of traffic. Only the learner's own time is counted. */
function run(seconds: number, isFitting = true) {
  let [cpuMs, longestMs, fits] = [0, 0, 0];
  for (const end = now + seconds; now < end; now += STEP_SECONDS) {
    const arrivals = arrivalsOfStep();
    const departures = departuresOfStep();
    const begun = process.cpuUsage();
    for (const { stay, classId, slot, endsAt } of departures) learner.end(stay, classId, slot, endsAt, true);
    for (const flight of arrivals) launch(flight);
    const stepped = performance.now();
    if (isFitting && learner.step(now, () => performance.now() - stepped > STEP_BUDGET_MS)) fits++;
    longestMs = Math.max(longestMs, performance.now() - stepped);
    const { user, system } = process.cpuUsage(begun);
    cpuMs += (user + system) / 1000;
  }
  return { cpuSeconds: cpuMs / 1000, longestMs, fits };
}

function arrivalsOfStep(): Omit<Flight, 'stay'>[] {
  return Array.from({ length: RESPONSES_PER_SECOND * STEP_SECONDS }, () => {
    const classId = Math.floor(random() * CLASSES);
    const slot = Math.floor(random() * MACHINES);
    const work = demand[classId].reduce((sum, units, r) => sum + units * slowness[slot][r], 0);
    return { classId, slot, endsAt: now + work * -Math.log(1 - random()) };
  });
}

function departuresOfStep(): readonly Flight[] {
  const step = stepOf(now);
  const departures = flights.get(step) ?? [];
  flights.delete(step);
  // Their times must not decrease: those of a step end when it begins.
  return departures.map((flight) => ({ ...flight, endsAt: now }));
}

function launch({ classId, slot, endsAt }: Omit<Flight, 'stay'>): void {
  const flight = { classId, slot, endsAt, stay: learner.start(classId, slot, now) };
  const step = Math.max(stepOf(now) + 1, stepOf(endsAt));
  const others = flights.get(step);
  if (others) others.push(flight);
  else flights.set(step, [flight]);
}

function stepOf(seconds: number): number {
  return Math.round(seconds / STEP_SECONDS);
}

function amounts(least: number, most: number): number[] {
  return Array.from({ length: RANK }, () => least * (most / least) ** random());
}

function rowOf({ cpuSeconds, longestMs, fits }: ReturnType<typeof run>, seconds: number) {
  return {
    'part of a core': Number((cpuSeconds / seconds).toFixed(4)),
    tables: fits,
    'longest step, ms': Number(longestMs.toFixed(1)),
  };
}

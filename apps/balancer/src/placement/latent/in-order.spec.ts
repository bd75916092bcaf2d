// The logs of several threads, as the learner hears of them.
import { LatencyLog, LatentLearner, seededRandom } from '@fairlead/scheduling';
import { expect, it } from 'vitest';
import { readInOrder } from './in-order.js';
import { ThreadRecords } from './thread-records.js';

const SHAPE = { classCount: 2, slotCount: 2, rankLimit: 2 };

/** A learner that reads the logs of some threads, which know two classes. */
function setUp(threadCount: number) {
  const learner = new LatentLearner(SHAPE, seededRandom(1));
  const logs = Array.from({ length: threadCount }, () => new LatencyLog());
  const threads = logs.map(
    ({ buffer }) =>
      new ThreadRecords(new LatencyLog(buffer), learner, {
        named: (records, { classId, name }) => records.useClass(classId, classId, name),
        numberAgain: () => undefined,
        sampled: () => {},
        lost: () => {},
      }),
  );
  const nameClass = (thread: number, classId: number) =>
    threads[thread].nameClass({ classId, name: String(classId), record: logs[thread].name() });
  for (const thread of logs.keys()) for (const classId of [0, 1]) nameClass(thread, classId);
  return { learner, logs, threads };
}

/** Requests of two classes on two machines: 4 and 20 ms, of which every second one overlaps the next. */
function believed(threadCount: number): number[] {
  const { learner, logs, threads } = setUp(threadCount);
  let now = 100;
  for (let i = 0; i < 400; i++) {
    // Each thread has requests of both classes on both machines.
    const [classId, slot, log] = [i % 2, (i >> 1) % 2, logs[(i >> 2) % threadCount]];
    const other = logs[((i >> 2) + 1) % threadCount];
    const seconds = classId === 0 ? 0.004 : 0.02;
    const exchange = log.start(classId, slot, now);
    const overlapping = other.start(classId, slot, now + seconds / 2);
    log.end(exchange, slot, now + seconds, true);
    other.end(overlapping, slot, now + 2 * seconds, true);
    now += 3 * seconds;
    // Each tick finds many of them.
    if (i % 20 !== 19) continue;
    readInOrder(threads, now);
    learner.step(now);
  }
  return [...learner.table.demand, ...learner.table.classSamples];
}

it('the learner hears of all threads in the order of time', () => {
  expect(believed(2)).toEqual(believed(1));
  expect(believed(3)).toEqual(believed(1));
});

it('goes on with all logs when all have lost records', () => {
  const { logs, threads } = setUp(3);
  for (const log of logs) for (let i = 0; i < 10_000; i++) log.start(0, 0, 1);
  expect(readInOrder(threads, 2)).toBe(0);
  for (const log of logs) log.start(0, 0, 3);
  expect(readInOrder(threads, 4)).toBe(3);
});

it('what happened later is read later, and a name that is not known holds all threads up', () => {
  const { logs, threads } = setUp(2);
  logs[0].start(0, 0, 1);
  logs[1].start(0, 0, 2);
  logs[1].start(0, 0, 5);
  expect(readInOrder(threads, 4)).toBe(4 + 2);
  expect(readInOrder(threads, 4)).toBe(0);
  const record = logs[0].name();
  logs[0].start(0, 0, 6);
  expect(readInOrder(threads, 7)).toBe(0);
  threads[0].nameClass({ classId: 0, name: '0', record });
  expect(readInOrder(threads, 7)).toBe(3);
});

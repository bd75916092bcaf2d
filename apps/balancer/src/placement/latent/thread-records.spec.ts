// Which class a request counts as when names come by another way than the log, earlier or later.
import { LatencyLog, LatentLearner, seededRandom } from '@fairlead/scheduling';
import { describe, expect, it } from 'vitest';
import { ThreadRecords } from './thread-records.js';

const SHAPE = { classCount: 4, slotCount: 2, rankLimit: 2 };

function setUp() {
  const log = new LatencyLog();
  const learner = new LatentLearner(SHAPE, seededRandom(1));
  const numbers = ['a', 'b', 'c'];
  const records = new ThreadRecords(new LatencyLog(log.buffer), learner, {
    named: (thread, { classId, name }) => thread.useClass(classId, numbers.indexOf(name)),
    lost: () => records.forgetFlights(),
  });
  let now = 0;
  const serve = () => {
    const exchange = log.start(0, 0, ++now);
    log.end(exchange, 0, ++now, true);
  };
  /** Samples by class. */
  const samples = () => {
    records.drain(Infinity);
    for (let i = 0; i < 2; i++) learner.step((now += 20));
    return [...learner.table.classSamples].map(Math.ceil);
  };
  return { log, records, serve, samples };
}

describe('the records of a thread', () => {
  it('wait for the name of their class', () => {
    const { log, records, serve, samples } = setUp();
    const record = log.name();
    serve();
    expect(samples()).toEqual([0, 0, 0, 0]);
    records.nameClass({ classId: 0, name: 'b', record });
    expect(samples()).toEqual([0, 1, 0, 0]);
  });

  it('are of the former class until the record of a name, however early the name is known', () => {
    const { log, records, serve, samples } = setUp();
    records.nameClass({ classId: 0, name: 'a', record: log.name() });
    serve();
    records.nameClass({ classId: 0, name: 'b', record: log.name() });
    serve();
    serve();
    expect(samples()).toEqual([1, 2, 0, 0]);
  });

  it('are not written during a pause, but names are', () => {
    const { log, records, serve, samples } = setUp();
    records.pause(true);
    serve();
    records.nameClass({ classId: 0, name: 'a', record: log.name() });
    expect(samples()).toEqual([0, 0, 0, 0]);
    records.pause(false);
    serve();
    expect(samples()).toEqual([1, 0, 0, 0]);
  });

  it('are of the last class whose record was skipped, whether its name was known or not', () => {
    const { log, records, serve, samples } = setUp();
    records.nameClass({ classId: 0, name: 'a', record: log.name() });
    records.nameClass({ classId: 0, name: 'b', record: log.name() });
    const late = log.name();
    serve();
    records.skip();
    serve();
    expect(samples()).toEqual([0, 1, 0, 0]);
    records.nameClass({ classId: 0, name: 'c', record: late });
    serve();
    expect(samples()).toEqual([0, 1, 1, 0]);
  });
});

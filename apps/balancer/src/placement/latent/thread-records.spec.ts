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
    named: (thread, { classId, name }) => thread.useClass(classId, numbers.indexOf(name), name),
    numberAgain: (name) => numbers.indexOf(name),
    sampled: () => {},
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
  return { log, records, serve, samples, learner, numbers };
}

describe('the records of a thread', () => {
  it('count an exchange as abandoned whose number is used again', () => {
    const { log, learner, records } = setUp();
    records.nameClass({ classId: 0, name: 'a', record: log.name() });
    records.drain(Infinity);
    const ends: boolean[] = [];
    const { end } = learner;
    learner.end = (stay, classId, slot, atSeconds, isAnswered) => {
      ends.push(isAnswered);
      end.call(learner, stay, classId, slot, atSeconds, isAnswered);
    };
    records.started(7, 0, 0, 1);
    records.started(7, 0, 1, 2);
    expect(ends).toEqual([false]);
    records.ended(7, 0, 3, true);
    records.ended(7, 1, 3, true);
    expect(ends).toEqual([false, true]);
  });

  it('give nothing that is in flight to the class that gets the number of another one', () => {
    const { log, records, samples } = setUp();
    records.nameClass({ classId: 0, name: 'a', record: log.name() });
    const exchange = log.start(0, 0, 1);
    records.drain(Infinity);
    records.forgetClass(0);
    log.end(exchange, 0, 2, true);
    expect(samples()).toEqual([0, 0, 0, 0]);
  });

  it('are of the same name when its class has got another number', () => {
    const { log, records, serve, samples, numbers } = setUp();
    records.nameClass({ classId: 0, name: 'a', record: log.name() });
    records.drain(Infinity);
    records.forgetClass(0);
    numbers.unshift('new');
    serve();
    expect(samples()).toEqual([0, 1, 0, 0]);
  });

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

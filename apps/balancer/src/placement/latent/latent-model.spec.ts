// The numbers of classes, which each thread has of its own, and when beliefs are published.
import { LoadTable } from '@fairlead/scheduling';
import { expect, it, onTestFinished } from 'vitest';
import { loadBalancerConfig } from '../../config/balancer.config.js';
import type { Beliefs } from './latent-link.js';
import { LatentModel } from './latent-model.js';

/** Two threads, each of which knows two classes. */
function aModel() {
  const config = loadBalancerConfig({ REGISTRY_FILE: 'none', DECLARED_CAPACITY: 'prior', DEMAND_CLASSES: '2' });
  const model = new LatentModel(new LoadTable({ resourceCount: 2, slotCount: 4, writerCount: 2 }), config);
  const nameClass = (thread: number, classId: number, name: string) =>
    model.nameClass(thread, { classId, name, record: model.logs[thread].name() });
  return { model, nameClass };
}

it('a class that a thread has given up makes room, and not one that is still in use', () => {
  const { model, nameClass } = aModel();
  nameClass(0, 0, 'GET /a');
  nameClass(0, 1, 'GET /b');
  for (const name of ['GET /c', 'GET /d', 'GET /e']) nameClass(0, 1, name);
  expect(model.numberOf('GET /a')).toBe(0);
  expect(model.numberOf('GET /e')).toBeDefined();
  expect(model.numberOf('GET /b')).toBeUndefined();
});

it('a class is kept as long as any thread has it', () => {
  const { model, nameClass } = aModel();
  nameClass(0, 0, 'GET /a');
  nameClass(1, 0, 'GET /a');
  nameClass(0, 0, 'GET /b');
  expect(model.numberOf('GET /a')).toBe(0);
  nameClass(1, 0, 'GET /b');
  expect(model.numberOf('GET /a')).toBeUndefined();
});

it('a class that is still requested gets a number again, and keeps it while others are named', () => {
  const { model, nameClass } = aModel();
  const [log] = model.logs;
  const request = (classId: number, at: number) => log.end(log.start(classId, 0, at), 0, at + 0.1, true);
  nameClass(0, 0, 'GET /a');
  nameClass(0, 1, 'GET /b');
  nameClass(1, 0, 'GET /c');
  nameClass(1, 1, 'GET /d');
  expect(model.numberOf('GET /a')).toBeUndefined();
  request(0, 10);
  nameClass(1, 1, 'GET /e');
  expect(model.numberOf('GET /a')).toBeDefined();
  // Before a class may get a number again.
  for (let i = 0; i < 10; i++) {
    request(0, 10.5 + i / 100);
    nameClass(1, i % 2, `GET /${i}`);
  }
  expect(model.numberOf('GET /a')).toBeDefined();
});

it('records that are read because of a name count towards the limit, above which the logs pause', () => {
  const { model, nameClass } = aModel();
  const [log] = model.logs;
  const NOT_RECORDED = -1;
  nameClass(0, 0, 'GET /a');
  for (let i = 0; i < 30_000; i++) {
    log.start(0, 0, i / 1e6);
    if (i % 5_000 === 0) nameClass(0, 1, `GET /${i}`);
  }
  nameClass(0, 1, 'GET /b');
  expect(log.start(0, 0, 1)).not.toBe(NOT_RECORDED);
  // A tick.
  model.useDeclarations(new Map());
  expect(log.start(0, 0, 2)).toBe(NOT_RECORDED);
});

it('a cost that no backend reports any more changes nothing', () => {
  const { model, nameClass } = aModel();
  nameClass(0, 0, 'GET /a');
  model.reportCost(0, 'GET /a', { units: [0, 0], reports: 0 });
  model.useDeclarations(new Map([[0, [10, 10]]]));
  expect(model.beliefs.reported).toEqual([undefined]);
});

it('a cost that is reported after the last request is published', async () => {
  const { model, nameClass } = aModel();
  const published = (isExpected: (beliefs: Beliefs) => boolean) =>
    new Promise<void>((resolve) => model.listen((beliefs) => isExpected(beliefs) && resolve()));
  model.start();
  onTestFinished(() => model.stop());
  nameClass(0, 0, 'GET /a');
  const [log] = model.logs;
  log.end(log.start(0, 0, 1), 0, 2, true);
  await published(({ table }) => table.classSamples[0] > 0);
  model.reportCost(0, 'GET /a', { units: [4, 1], reports: 20 });
  await published(({ reported }) => reported[0]?.reports === 20);
  expect(model.beliefs.reported[0]?.units).toEqual([4, 1]);
});

it('what backends declare is published at once', () => {
  const { model } = aModel();
  model.useDeclarations(
    new Map([
      [0, [10, 10]],
      [1, [40, 40]],
    ]),
  );
  const { slowness, shape } = model.beliefs.table;
  expect(slowness[0] / slowness[shape.rankLimit]).toBeCloseTo(4, 9);
});

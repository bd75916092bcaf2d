// Events of the model that requests are placed by.
import type { LatentTable } from '@fairlead/scheduling';
import { Logger } from '@nestjs/common';
import { expect, it, onTestFinished, vi } from 'vitest';
import { aRegistry } from '../../registry/registry.fixture.js';
import { ClusterFacts } from '../../registry/snapshot/cluster-facts.js';
import type { Beliefs } from './latent-link.js';
import { LatentModelFeed } from './latent-model-feed.js';
import type { LatentModel } from './latent-model.js';

/** A model that believes what the test says. */
function aModel() {
  const listeners: ((beliefs: Beliefs) => void)[] = [];
  const beliefs = (table: Partial<LatentTable>) => ({ table }) as Beliefs;
  const model = {
    beliefs: beliefs({ model: 'latent', loss: NaN }),
    listen: (use: (beliefs: Beliefs) => void) => listeners.push(use),
    useDeclarations: () => {},
    setBalancers: () => {},
    start: () => {},
    stop: () => {},
    forgetSlot: () => {},
    believe: (table: Partial<LatentTable>) => listeners.forEach((use) => use(beliefs(table))),
  };
  return model;
}

function aFeed() {
  vi.spyOn(Logger.prototype, 'log').mockImplementation(() => {});
  onTestFinished(() => void vi.restoreAllMocks());
  const fleet = aRegistry();
  const model = aModel();
  new LatentModelFeed(model as unknown as LatentModel, fleet.registry, fleet.events, new ClusterFacts()).onModuleInit();
  const changes = () =>
    fleet.events
      .newest()
      .filter(({ kind }) => kind === 'learning-model-changed')
      .map(({ reason, evidence }) => ({ reason, evidence }));
  return { ...fleet, model, changes };
}

it('records an event when the model in use changes, and when it is back, with how well both predicted', () => {
  const { model, changes } = aFeed();
  model.believe({ model: 'latent', loss: 0.5, formerLoss: NaN });
  expect(changes()).toEqual([]);
  model.believe({ model: 'least-requests', loss: 0.25, formerLoss: 0.75 });
  model.believe({ model: 'least-requests', loss: 0.375, formerLoss: 0.75 });
  model.believe({ model: 'latent', loss: 0.125, formerLoss: 0.5 });
  expect(changes()).toEqual([
    { reason: 'latent → least-requests, which predicts latencies better', evidence: { formerLoss: 0.75, loss: 0.25 } },
    {
      reason: 'least-requests → latent, which predicts latencies better',
      evidence: { formerLoss: 0.5, loss: 0.125 },
    },
  ]);
});

it('says of a model that was adopted before it has predicted anything where it is from', () => {
  const { model, changes } = aFeed();
  model.believe({ model: 'attained-service', loss: NaN, formerLoss: NaN });
  expect(changes()).toEqual([{ reason: 'latent → attained-service, adopted from a share', evidence: {} }]);
});

it('leaves out what is not known of the former model', () => {
  const { model, changes } = aFeed();
  model.believe({ model: 'attained-service', loss: 0.25, formerLoss: NaN });
  expect(changes()).toEqual([
    { reason: 'latent → attained-service, which predicts latencies better', evidence: { loss: 0.25 } },
  ]);
});

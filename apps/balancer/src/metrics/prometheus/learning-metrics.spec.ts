// The metrics of learning, as Prometheus reads them.
import { LoadTable } from '@fairlead/scheduling';
import { expect, it } from 'vitest';
import { loadBalancerConfig } from '../../config/balancer.config.js';
import { LatentModel } from '../../placement/latent/latent-model.js';
import { CollectedMetrics } from './collected-metrics.js';
import { addLearningMetrics } from './learning-metrics.js';

async function read(model: LatentModel | undefined): Promise<string[]> {
  const metrics = new CollectedMetrics();
  addLearningMetrics(metrics, model);
  return (await metrics.text()).split('\n').filter((line) => line.startsWith('fairlead_'));
}

it('name the model in use, and nothing that is not known yet', async () => {
  const config = loadBalancerConfig({ REGISTRY_FILE: 'none', DECLARED_CAPACITY: 'prior' });
  const model = new LatentModel(new LoadTable({ resourceCount: 2, slotCount: 4, writerCount: 1 }), config);
  expect(await read(model)).toEqual([
    'fairlead_learning_model{model="latent"} 1',
    'fairlead_learning_model{model="attained-service"} 0',
    'fairlead_learning_model{model="least-requests"} 0',
    'fairlead_learning_model{model="declared"} 0',
    'fairlead_learning_loss{model="latent"} Nan',
    'fairlead_learning_exploration_ratio 0.01',
    'fairlead_learning_samples_total 0',
  ]);
});

it('name declared capacities where these are trusted', async () => {
  expect(await read(undefined)).toEqual([
    'fairlead_learning_model{model="latent"} 0',
    'fairlead_learning_model{model="attained-service"} 0',
    'fairlead_learning_model{model="least-requests"} 0',
    'fairlead_learning_model{model="declared"} 1',
  ]);
});

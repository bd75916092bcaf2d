// How well what is learned of requests and backends predicts latencies, and which model is in use.
import { LEARNING_MODELS } from '@fairlead/contracts';
import type { LatentModel } from '../../placement/latent/latent-model.js';
import type { CollectedMetrics, Sample } from './collected-metrics.js';

/** Adds the metrics of learning. `model`: undefined with DECLARED_CAPACITY=trusted. */
export function addLearningMetrics(metrics: CollectedMetrics, model: LatentModel | undefined): void {
  const inUse = () => model?.beliefs.table.model ?? 'declared';
  metrics.gauge('fairlead_learning_model', '1 for the model that requests are placed by', ['model'], () =>
    LEARNING_MODELS.map((name): Sample => [{ model: name }, name === inUse() ? 1 : 0]),
  );
  if (!model) return;
  metrics.gauge(
    'fairlead_learning_loss',
    'Mean deviance of the latencies that the model in use predicted: 0 if all were right; NaN while there are too few',
    ['model'],
    () => {
      const { model: name, loss } = model.beliefs.table;
      return [[{ model: name }, loss]];
    },
  );
  metrics.gauge(
    'fairlead_learning_exploration_ratio',
    'The part of the requests sent where little is known',
    [],
    () => [[{}, model.beliefs.table.exploration]],
  );
  metrics.counter('fairlead_learning_samples_total', 'Latencies of responses that were learned from', [], () => [
    [{}, model.samples],
  ]);
}

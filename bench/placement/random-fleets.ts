// Fleets and traffic drawn at random, so that no rule can be tuned to them.
import { stream } from './chance.js';
import type { Fleet } from './fleets.js';

const PURPOSE = 6;

/** Fleets `random-1` to `random-<count>`: 3–12 machines, 2–6 classes, 1–3 resources; amounts are spread evenly in logarithms. */
export function randomFleets(count: number): Fleet[] {
  return Array.from({ length: count }, (_, i) => randomFleet(i + 1));
}

function randomFleet(seed: number): Fleet {
  const random = stream(seed, PURPOSE);
  const between = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
  const amounts = (count: number, least: number, most: number) =>
    Array.from({ length: count }, () => least * (most / least) ** random());
  const [resources, machines, classes] = [between(1, 3), between(3, 12), between(2, 6)];
  const capacities = Array.from({ length: machines }, () => amounts(resources, 2, 40));
  const weights = Array.from({ length: classes }, () => 0.1 - Math.log(1 - random()));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return {
    name: `random-${seed}`,
    capacities,
    classes: weights.map((weight) => ({ probability: weight / total, demand: amounts(resources, 0.2, 8) })),
  };
}

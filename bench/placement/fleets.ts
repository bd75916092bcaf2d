// The fleets of the placement benchmark: the capacities of the machines and the demands of the requests.

/** Requests with the same mean demand. */
export interface RequestClass {
  /** Fraction of the traffic, 0 to 1. */
  readonly probability: number;
  /** Mean units of each resource that one request needs. */
  readonly demand: readonly number[];
}

/** A fleet and its traffic. */
export interface Fleet {
  readonly name: string;
  /** Units per second of each resource, by backend. */
  readonly capacities: readonly (readonly number[])[];
  readonly classes: readonly RequestClass[];
}

const UNIFORM = uniformClasses(1, 10);

/** The fleets, by the names that the placement bars use; `equal` is `even` with identical requests. */
export const FLEETS: readonly Fleet[] = [
  { name: 'even', capacities: repeat(4, [10, 10]), classes: UNIFORM },
  { name: 'equal', capacities: repeat(4, [10, 10]), classes: [{ probability: 1, demand: [5, 5] }] },
  { name: 'ladder', capacities: [1, 2, 3, 4, 5].map((size) => [size, size]), classes: UNIFORM },
  {
    name: 'original-3',
    capacities: [
      [20, 8],
      [20, 20],
      [20, 36],
    ],
    classes: UNIFORM,
  },
  {
    name: 'skewed',
    capacities: [
      [10, 2],
      [2, 10],
      [6, 6],
      [3, 3],
    ],
    classes: UNIFORM,
  },
  {
    name: 'polar',
    capacities: [...repeat(2, [30, 6]), ...repeat(2, [6, 30]), [15, 15]],
    classes: [
      { probability: 0.5, demand: [4, 0.5] },
      { probability: 0.4, demand: [0.5, 4] },
      { probability: 0.1, demand: [2, 2] },
    ],
  },
  {
    name: 'web',
    capacities: [[64, 8], [32, 16], [16, 64], ...repeat(3, [8, 8])],
    classes: [
      { probability: 0.7, demand: [1, 0.2] },
      { probability: 0.2, demand: [0.2, 3] },
      { probability: 0.08, demand: [5, 1] },
      { probability: 0.02, demand: [8, 12] },
    ],
  },
  {
    name: 'wide',
    capacities: Array.from({ length: 200 }, (_, backend) => [20, 1 + (backend % 40)]),
    classes: UNIFORM,
  },
];

/** Fleets for learned demand: those above, and `skewed` with three distinguishable classes. */
export const LEARNING_FLEETS: readonly Fleet[] = [
  named('polar'),
  named('web'),
  {
    name: 'skewed-3',
    capacities: named('skewed').capacities,
    classes: [
      { probability: 0.4, demand: [8, 2] },
      { probability: 0.4, demand: [2, 8] },
      { probability: 0.2, demand: [4, 4] },
    ],
  },
];

function named(name: string): Fleet {
  return FLEETS.find((fleet) => fleet.name === name)!;
}

/** The mix after a shift: the same requests, with those heavy on the last resource more frequent. */
export function shiftedMix(classes: readonly RequestClass[]): RequestClass[] {
  const leaning = classes.map(({ probability, demand }) => {
    const total = demand.reduce((sum, units) => sum + units, 0);
    return (probability * demand[demand.length - 1]) / total;
  });
  const sum = leaning.reduce((total, part) => total + part, 0);
  return classes.map(({ demand }, k) => ({ demand, probability: leaning[k] / sum }));
}

function repeat(times: number, capacity: readonly number[]): (readonly number[])[] {
  return Array.from({ length: times }, () => capacity);
}

/** Two resources, each a whole number from `lowest` to `highest`, all pairs equally likely. */
function uniformClasses(lowest: number, highest: number): RequestClass[] {
  const span = highest - lowest + 1;
  return Array.from({ length: span * span }, (_, k) => ({
    probability: 1 / (span * span),
    demand: [lowest + Math.floor(k / span), lowest + (k % span)],
  }));
}

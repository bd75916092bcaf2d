// PURE: the columns of the fleet table, and the sorting and filtering of its rows.

/** @import { BackendMetrics, FleetMetrics } from '@fairlead/contracts' */

/**
 * A backend with its request rate, and how other balancers see it where they see it differently. `isSpare`: see {@link isSpare}.
 * @typedef {BackendMetrics & { rate: number | null, isSpare: boolean, elsewhere: string }} Row
 *
 * @typedef {object} Column
 * @property {string} key Unique name, by which the sort order is remembered.
 * @property {string} label
 * @property {'name' | 'state' | 'share' | 'inFlight' | 'number'} kind
 * @property {string} [resource] The resource, if the column is about one.
 * @property {(row: Row) => string | number | null | undefined} value The value the rows are sorted by.
 */

/** From best to worst, so that sorting in descending order shows the troubled backends first. */
const CONDITIONS = ['up', 'joining', 'drained', 'draining', 'suspect', 'ejected', 'down', 'gone'];

/**
 * Returns the state, or `drained` for a draining backend with nothing in flight.
 * @param {Pick<BackendMetrics, 'state' | 'inFlight'>} backend
 */
export function conditionOf({ state, inFlight }) {
  return state === 'draining' && inFlight === 0 ? 'drained' : state;
}

/**
 * Whether the backend receives no request until one in flight ends.
 * @param {Pick<BackendMetrics, 'inFlight' | 'maxInFlight'>} backend
 */
export function isFull({ inFlight, maxInFlight }) {
  return inFlight >= maxInFlight;
}

/**
 * Returns the number of backends in each condition except `up`, the worst condition first.
 * @param {readonly Pick<BackendMetrics, 'state' | 'inFlight'>[]} backends
 * @returns {{ condition: string, amount: number }[]}
 */
export function troubles(backends) {
  /** @type {Map<string, number>} */
  const amounts = new Map();
  for (const backend of backends) {
    const condition = conditionOf(backend);
    amounts.set(condition, (amounts.get(condition) ?? 0) + 1);
  }
  return CONDITIONS.slice(1)
    .toReversed()
    .map((condition) => ({ condition, amount: amounts.get(condition) ?? 0 }))
    .filter(({ amount }) => amount > 0);
}

/** @param {readonly string[]} resources @returns {Column[]} */
export function columnsFor(resources) {
  return [
    { key: 'id', label: 'Backend', kind: 'name', value: (row) => row.id },
    { key: 'state', label: 'State', kind: 'state', value: (row) => CONDITIONS.indexOf(conditionOf(row)) },
    ...resources.map(
      (resource) =>
        /** @type {Column} */ ({
          key: `share:${resource}`,
          label: `${capitalised(resource)} queue`,
          kind: 'share',
          resource,
          value: (row) => row.capacity && row.meanBacklogSeconds[resource],
        }),
    ),
    { key: 'inFlight', label: 'Mean in flight', kind: 'inFlight', value: (row) => row.meanInFlight },
    { key: 'rate', label: 'Req/s', kind: 'number', value: (row) => row.rate },
    { key: 'requests', label: 'Requests', kind: 'number', value: (row) => row.requests },
    { key: 'errors', label: 'Errors', kind: 'number', value: (row) => row.errors },
    { key: 'p50', label: 'p50 ms', kind: 'number', value: (row) => row.latencyMs?.p50 },
    { key: 'p95', label: 'p95 ms', kind: 'number', value: (row) => row.latencyMs?.p95 },
    { key: 'p99', label: 'p99 ms', kind: 'number', value: (row) => row.latencyMs?.p99 },
    ...resources.map(
      (resource) =>
        /** @type {Column} */ ({
          key: `total:${resource}`,
          label: `${capitalised(resource)} sent`,
          kind: 'number',
          resource,
          value: (row) => row.totals[resource],
        }),
    ),
  ];
}

/**
 * Whether a backend gets nothing because a larger one is free: `drf` prefers the backend on which a request means the
 * least backlog, and without a queue that is the larger one.
 * @param {Pick<FleetMetrics, 'policy' | 'fleet' | 'backends'>} metrics
 * @param {BackendMetrics} backend
 */
export function isSpare({ policy, fleet, backends }, backend) {
  // The policy of other pools is not known here.
  const isPlacedByDrf = policy === 'drf' && backend.pool === 'default' && backend.state === 'up';
  if (!isPlacedByDrf || backend.peakInFlight > 0 || fleet.lastMinute.requests === 0) return false;
  return backends.some((other) => other.state === 'up' && other.pool === backend.pool && isLarger(other, backend));
}

/** Whether it declared at least as much of each resource as another, and more of one. @type {(a: BackendMetrics, b: BackendMetrics) => boolean} */
function isLarger({ capacity: large }, { capacity: small }) {
  if (!large || !small) return false;
  const names = Object.keys({ ...large, ...small });
  const differences = names.map((name) => (large[name] ?? 0) - (small[name] ?? 0));
  return differences.every((difference) => difference >= 0) && differences.some((difference) => difference > 0);
}

/** @param {string} word */
export function capitalised(word) {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

const natural = new Intl.Collator('en', { numeric: true });

/**
 * Returns the rows sorted by one column, then by id. Rows without a value come last in either direction.
 * @template {Row} R
 * @param {readonly R[]} rows
 * @param {Column} column
 * @param {boolean} descending
 * @returns {R[]}
 */
export function ordered(rows, column, descending) {
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const left = column.value(a) ?? null;
    const right = column.value(b) ?? null;
    if (left === null || right === null)
      return Number(left === null) - Number(right === null) || natural.compare(a.id, b.id);
    const order = typeof left === 'number' ? left - Number(right) : natural.compare(left, String(right));
    return sign * order || natural.compare(a.id, b.id);
  });
}

/**
 * Returns the names of the pools that backends are in, sorted.
 * @param {readonly Pick<BackendMetrics, 'pool'>[]} backends
 */
export function poolsOf(backends) {
  return [...new Set(backends.map(({ pool }) => pool))].sort(natural.compare);
}

/**
 * Whether the id, the url, the pool, the state or a label contains each word of the filter.
 * @param {Pick<BackendMetrics, 'id' | 'url' | 'pool' | 'state' | 'inFlight' | 'labels'>} backend
 * @param {string} filter
 */
export function matches(backend, filter) {
  const { id, url, pool, state, labels } = backend;
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const labelWords = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const text = [id, url, pool, state, conditionOf(backend), ...labelWords].join('\n').toLowerCase();
  return words.every((word) => text.includes(word));
}

// The order and choice of the table's rows, from the very module that the browser runs.
import { BACKEND_STATES } from '@fairlead/contracts';
import { describe, expect, it } from 'vitest';
import { aBackend } from './fleet-fixtures.js';

type Row = ReturnType<typeof aBackend> & { rate: number | null };
interface Column {
  readonly key: string;
  readonly label: string;
}
interface FleetOrder {
  columnsFor(resources: string[]): Column[];
  ordered(rows: Row[], column: Column, descending: boolean): Row[];
  matches(row: Row, filter: string): boolean;
  poolsOf(rows: Row[]): string[];
  conditionOf(row: Row): string;
  isFull(row: Row): boolean;
  troubles(rows: Row[]): { condition: string; amount: number }[];
}
interface Format {
  duration(seconds: number): string;
  niceCeiling(value: number): number;
  ordinal(value: number): string;
  short(value: number | null): string;
}

const load = async <Module>(name: string) =>
  (await import(new URL(`../../apps/dashboard/public/assets/${name}`, import.meta.url).href)) as Module;
const { columnsFor, conditionOf, isFull, matches, ordered, poolsOf, troubles } =
  await load<FleetOrder>('fleet-order.js');
const format = await load<Format>('format.js');

const row = (id: string, overrides: Partial<Row> = {}): Row => ({ ...aBackend(id), rate: null, ...overrides });
const sortedIds = (rows: Row[], key: string, descending = false) =>
  ordered(
    rows,
    columnsFor(['compute', 'storage']).find((column) => column.key === key)!,
    descending,
  ).map(({ id }) => id);

describe('ordered', () => {
  it('sorts the numbers in ids by their values', () => {
    expect(sortedIds([row('disk-10'), row('disk-9'), row('disk-1')], 'id')).toEqual(['disk-1', 'disk-9', 'disk-10']);
  });

  it('keeps rows without a value last in both directions', () => {
    const rows = [row('none', { latencyMs: null }), row('slow', { latencyMs: { p50: 9, p95: 9, p99: 9 } }), row('any')];
    expect(sortedIds(rows, 'p50')).toEqual(['slow', 'any', 'none']);
    expect(sortedIds(rows, 'p50', true)).toEqual(['any', 'slow', 'none']);
  });

  it('puts backends in trouble first when states are sorted downwards, and equal states in the order of ids', () => {
    const rows = [row('b'), row('ill', { state: 'down' }), row('a'), row('shy', { state: 'suspect' })];
    expect(sortedIds(rows, 'state', true)).toEqual(['ill', 'shy', 'a', 'b']);
  });

  it('puts an ejected backend between a suspect and one that is down, and a drained one before one that drains', () => {
    const rows = [
      row('a', { state: 'ejected' }),
      row('b', { state: 'down' }),
      row('c', { state: 'draining', inFlight: 0 }),
      row('d', { state: 'suspect' }),
      row('e', { state: 'draining', inFlight: 1 }),
    ];
    expect(sortedIds(rows, 'state', true)).toEqual(['b', 'a', 'd', 'e', 'c']);
  });

  it('knows every state that a backend can be in', () => {
    const rows = BACKEND_STATES.map((state) => row(state, { state }));
    expect(sortedIds(rows, 'state')[0]).toBe('up');
    expect(troubles(rows).map(({ condition }) => condition)).toHaveLength(BACKEND_STATES.length - 1);
  });

  it('has a queue and a total for every resource there is', () => {
    const labels = columnsFor(['compute', 'gpu-memory']).map(({ label }) => label);
    expect(labels).toContain('Gpu-memory queue');
    expect(labels).toContain('Gpu-memory sent');
  });
});

describe('troubles', () => {
  it('counts the backends that are not up, the worst state first', () => {
    const rows = [
      row('a'),
      row('b', { state: 'draining', inFlight: 0 }),
      row('c', { state: 'suspect' }),
      row('d', { state: 'ejected' }),
      row('e', { state: 'suspect' }),
      row('f', { state: 'draining' }),
    ];
    expect(troubles(rows).map(({ condition, amount }) => `${amount} ${condition}`)).toEqual([
      '1 ejected',
      '2 suspect',
      '1 draining',
      '1 drained',
    ]);
    expect(troubles([row('a')])).toEqual([]);
  });
});

describe('a row', () => {
  it('is drained when it drains and nothing is in flight', () => {
    const inFlight = 0;
    expect(conditionOf(row('a', { state: 'draining', inFlight: 1 }))).toBe('draining');
    expect(conditionOf(row('a', { state: 'draining', inFlight }))).toBe('drained');
    expect(conditionOf(row('a', { state: 'ejected', inFlight }))).toBe('ejected');
  });

  it('is full from its limit on', () => {
    expect([11, 12, 13].map((inFlight) => isFull(row('a', { inFlight, maxInFlight: 12 })))).toEqual([
      false,
      true,
      true,
    ]);
  });
});

describe('matches', () => {
  const backend = row('disk-1', { url: 'http://10.0.0.9:80', pool: 'reports', labels: { zone: 'b' } });

  it.each(['', 'DISK', '10.0.0.9', 'up zone=b', 'reports'])('finds %j', (filter) =>
    expect(matches(backend, filter)).toBe(true),
  );
  it.each(['draining', 'drained'])('finds a drained backend by %j', (filter) =>
    expect(matches(row('a', { state: 'draining', inFlight: 0 }), filter)).toBe(true),
  );
  it.each(['gpu', 'disk zone=a', 'down'])('does not find %j', (filter) => expect(matches(backend, filter)).toBe(false));
});

it('lists the pools of the rows once, sorted', () => {
  const rows = ['pool-10', 'default', 'pool-9', 'default'].map((pool, i) => row(`b${i}`, { pool }));
  expect(poolsOf(rows)).toEqual(['default', 'pool-9', 'pool-10']);
});

describe('format', () => {
  it('shows durations in at most two units', () => {
    expect([59, 60, 185, 7200, 94_000].map(format.duration)).toEqual(['59 s', '1 min', '3 min 5 s', '2 h', '1 d 2 h']);
  });

  it('rounds scales up to 1, 2 or 5', () => {
    expect([0.1, 0.11, 0.3, 2, 7].map(format.niceCeiling)).toEqual([0.1, 0.2, 0.5, 2, 10]);
  });

  it('writes ordinals in English', () => {
    expect([1, 2, 3, 4, 11, 21].map(format.ordinal)).toEqual(['1st', '2nd', '3rd', '4th', '11th', '21st']);
  });

  it('gives small numbers the digits they need', () => {
    expect([null, 0, 0.421, 4.21, 42.4].map(format.short)).toEqual(['–', '0', '0.42', '4.2', '42']);
  });
});

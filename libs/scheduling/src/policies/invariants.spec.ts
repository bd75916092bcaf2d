// Invariants: properties of all policies, of the load they see, and of the potential that drift is derived from.
import {
  array,
  assert,
  constantFrom,
  integer,
  nat,
  oneof,
  property,
  record,
  shuffledSubarray,
  type Arbitrary,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Candidates } from '../candidates.js';
import { FleetSnapshot } from '../fleet-snapshot.js';
import { LoadTable } from '../load/load-table.js';
import { Reservation } from '../load/reservation.js';
import { quantise } from '../resources.js';
import { seededRandom } from '../clock-and-random.js';
import { aFleet } from './fleet.fixture.js';
import { POLICY_NAMES, createPolicy, type PolicyName } from './index.js';

const pair = (min: number, max: number) => array(integer({ min, max }), { minLength: 2, maxLength: 2 });

type Step =
  | { readonly does: 'reserve'; readonly demand: number[]; readonly key: number }
  | { readonly does: 'reserve elsewhere'; readonly demand: number[]; readonly which: number }
  | { readonly does: 'release'; readonly which: number }
  | { readonly does: 'join'; readonly capacity: number[] }
  | { readonly does: 'leave'; readonly which: number }
  | { readonly does: 'resize'; readonly which: number; readonly capacity: number[] }
  | { readonly does: 'pass'; readonly seconds: number };

// Tenths, whose sums would have rounding errors if demand were not counted in quanta.
const tenths = pair(0, 30).map((amounts) => amounts.map((amount) => amount / 10));
const steps: Arbitrary<Step[]> = array(
  oneof(
    { arbitrary: record({ does: constantFrom('reserve' as const), demand: tenths, key: nat() }), weight: 4 },
    {
      arbitrary: record({ does: constantFrom('reserve elsewhere' as const), demand: tenths, which: nat() }),
      weight: 1,
    },
    { arbitrary: record({ does: constantFrom('release' as const), which: nat() }), weight: 3 },
    { arbitrary: record({ does: constantFrom('join' as const), capacity: pair(0, 9) }), weight: 1 },
    { arbitrary: record({ does: constantFrom('leave' as const), which: nat() }), weight: 1 },
    { arbitrary: record({ does: constantFrom('resize' as const), which: nat(), capacity: pair(0, 9) }), weight: 1 },
    { arbitrary: record({ does: constantFrom('pass' as const), seconds: nat(5) }), weight: 1 },
  ),
  { maxLength: 60 },
);

const SLOTS = 48;

/** A fleet that changes while a policy runs, and a second thread that dispatches without the policy. */
class World {
  private now = 0;
  private readonly table = new LoadTable({ resourceCount: 2, slotCount: SLOTS, writerCount: 2 });
  private readonly candidates = new Candidates();
  private readonly policy;
  private members: { readonly slot: number; readonly capacity: readonly number[] }[] = [];
  private snapshot = new FleetSnapshot(2, []);
  private held: Reservation[] = [];

  constructor(policy: PolicyName, backends: number) {
    this.policy = createPolicy(policy, { table: this.table, random: seededRandom(1), clock: () => this.now });
    for (let i = 0; i < backends; i++) this.join([1 + (i % 9), 9 - (i % 9)]);
  }

  apply(step: Step): void {
    switch (step.does) {
      case 'reserve':
        return this.reserve(step.demand, step.key);
      case 'reserve elsewhere': {
        const member = this.members[step.which % this.members.length];
        const demand = Float64Array.from(step.demand);
        return member && void this.held.push(new Reservation(this.table.rows[1], member.slot, demand));
      }
      case 'release':
        return this.release(step.which % this.held.length);
      case 'join':
        return this.join(step.capacity);
      case 'leave':
        this.members.splice(step.which % Math.max(1, this.members.length), 1);
        return this.publish();
      case 'resize':
        this.members = this.members.map(({ slot, capacity }, i) => ({
          slot,
          capacity: i === step.which % this.members.length ? step.capacity : capacity,
        }));
        return this.publish();
      case 'pass':
        this.now += step.seconds;
    }
  }

  /** Expects the load in flight to equal the reservations held, to the last bit. */
  check(): void {
    const { table } = this;
    const expected = new Float64Array(3 * SLOTS);
    for (const { slot, demand } of this.held) {
      for (const [column, amount] of [demand[0], demand[1], 1].entries()) expected[3 * slot + column] += amount;
    }
    const seen = expected.map((_, cell) => {
      const slot = Math.floor(cell / 3);
      return cell % 3 === 2 ? table.active(slot) : table.inFlight(slot, cell % 3);
    });
    expect(seen).toEqual(expected);
    for (const row of table.rows) expect(row.inFlight.every((units) => units >= 0)).toBe(true);
  }

  quiesce(): void {
    while (this.held.length > 0) this.release(0);
    for (const row of this.table.rows) {
      expect(row.inFlight.every((units) => units === 0)).toBe(true);
      expect(row.active.every((exchanges) => exchanges === 0)).toBe(true);
    }
  }

  private reserve(demand: readonly number[], key: number): void {
    const { candidates, snapshot, table } = this;
    const vector = quantise(Float64Array.from(demand));
    if (candidates.fill(snapshot, table, vector, []) === 0) return;
    const chosen = this.members[this.policy.choose(candidates, vector, key)];
    for (const [r, units] of demand.entries()) expect(units === 0 || chosen.capacity[r] > 0).toBe(true);
    const reservation = new Reservation(table.rows[0], chosen.slot, vector);
    vector.fill(1e6); // What is released must not depend on what the caller does with its vector.
    this.held.push(reservation);
  }

  private release(which: number): void {
    const [reservation] = this.held.splice(which, 1);
    if (reservation === undefined) return;
    expect(reservation.release()).toBe(true);
    expect(reservation.release()).toBe(false);
    this.policy.observe?.(reservation.slot, 1, this.table.active(reservation.slot));
  }

  /** Joins on the first slot that no member has and on which nothing is in flight. */
  private join(capacity: readonly number[]): void {
    const isFree = (slot: number) =>
      !this.members.some((member) => member.slot === slot) &&
      !this.held.some((reservation) => reservation.slot === slot);
    for (let slot = 0; slot < SLOTS; slot++) {
      if (!isFree(slot)) continue;
      this.table.clear(slot);
      this.members.push({ slot, capacity });
      return this.publish();
    }
  }

  private publish(): void {
    this.snapshot = new FleetSnapshot(2, this.members);
  }
}

describe.each(POLICY_NAMES)('under %s', (name) => {
  it('in-flight load is never negative, and zero after quiescence, for any mix of requests and fleet changes', () => {
    assert(
      property(steps, (sequence) => {
        // Enough backends that a sampling policy samples.
        const world = new World(name, name === 'drf-sampled' ? 36 : 3);
        for (const step of sequence) {
          world.apply(step);
          world.check();
        }
        world.quiesce();
      }),
      { numRuns: 40 },
    );
  });

  it('scaling all capacities and demands changes no choice', () => {
    const scenes = record({
      capacities: array(pair(1, 10), { minLength: 2, maxLength: 40 }),
      demands: array(pair(1, 10), { minLength: 1, maxLength: 15 }),
      // A power of two, so that rounding does not change either.
      factor: integer({ min: -6, max: 12 }).map((power) => 2 ** power),
    });
    assert(
      property(scenes, ({ capacities, demands, factor }) => {
        const scaled = (vector: readonly number[]) => vector.map((value) => factor * value);
        const [one, other] = [aFleet(name, capacities), aFleet(name, capacities.map(scaled))];
        for (const [i, demand] of demands.entries()) {
          const chosen = one.choose(demand, i);
          expect(other.choose(scaled(demand), i)).toBe(chosen);
          one.reserve(chosen, demand);
          other.reserve(chosen, scaled(demand));
          for (const fleet of [one, other]) {
            fleet.time.now += 0.25;
            fleet.policy.observe?.(chosen, i + 1, i);
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});

// Policies that draw at random or take turns see other backends when the order changes.
const ORDERLESS: PolicyName[] = [
  'drf',
  'min-dominant-share',
  'best-fit',
  'least-requests',
  'round-robin',
  'weighted-round-robin',
];

describe.each(ORDERLESS)('under %s', (name) => {
  it('permuting the backends changes no choice where none tie', () => {
    const permutations = shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 });
    assert(
      property(integer(), permutations, (seed, permutation) => {
        // Random fractions, so that no two backends tie.
        const random = seededRandom(seed);
        const vector = () => [1 + 9 * random(), 1 + 9 * random()];
        const capacities = permutation.map(vector);
        const fleet = aFleet(name, capacities);
        const permuted = permutation.map((position) => capacities[position]);
        const other = aFleet(name, permuted, permutation);
        for (let i = 0; i < 20; i++) {
          const demand = vector();
          const chosen = fleet.choose(demand);
          const counterpart = other.choose(demand);
          expect(permutation[counterpart]).toBe(chosen);
          fleet.reserve(chosen, demand);
          other.reserve(counterpart, demand);
        }
      }),
    );
  });
});

describe('under drf', () => {
  it('a request goes where it raises the potential ¼ Σ κ T⁴ of the fleet least', () => {
    const scenes = record({
      capacities: array(pair(1, 10), { minLength: 2, maxLength: 8 }),
      demands: array(pair(0, 10), { minLength: 1, maxLength: 20 }),
    });
    assert(
      property(scenes, ({ capacities, demands }) => {
        const fleet = aFleet('drf', capacities);
        const seconds = capacities.map(() => [0, 0]);
        for (const demand of demands) {
          const increases = capacities.map((capacity, position) =>
            demand.reduce((sum, units, r) => {
              const before = seconds[position][r];
              const weight = fleet.snapshot.weights[position];
              return sum + (weight * ((before + units / capacity[r]) ** 4 - before ** 4)) / 4;
            }, 0),
          );
          // The clock stands still, so nothing drains and all work in flight is left.
          const chosen = fleet.choose(demand);
          expect(increases[chosen]).toBeLessThanOrEqual(Math.min(...increases) * (1 + 1e-6) + 1e-9);
          fleet.reserve(chosen, demand);
          for (const [r, units] of demand.entries()) seconds[chosen][r] += units / capacities[chosen][r];
        }
      }),
    );
  });
});

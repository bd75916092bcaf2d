import { describe, expect, it } from 'vitest';
import type { NewRecord, StoredRecord } from '../registry/store/registry-store.js';
import { aRecord } from '../registry/store/store.fixture.js';
import { reconcile, type Sides } from './reconcile.js';

const KNOWN = { version: 5, incarnation: '1000-a' };
const NOTHING: Sides = { stored: undefined, wanted: undefined, known: KNOWN, loss: 'none' };

interface Facts {
  readonly incarnation?: string;
  readonly isPaused?: boolean;
  readonly isLeaving?: boolean;
  readonly changedBy?: string;
  readonly version?: number;
}

function aChange({
  incarnation = '1000-a',
  isPaused = false,
  isLeaving = false,
  changedBy = 'balancer-1',
}: Facts = {}): NewRecord {
  const record = aRecord(
    'a',
    { maxInFlight: changedBy === 'balancer-1' ? 1 : 2 },
    { incarnation, isLeaving, changedBy },
  );
  return { ...record, backend: { ...record.backend, isPaused } };
}

function inStore(facts: Facts = {}): StoredRecord {
  return { ...aChange({ changedBy: 'balancer-2', ...facts }), version: facts.version ?? 6 };
}

const removal = { removal: { reason: 'left', incarnation: '1000-a' } };
const take = { kind: 'take' };
const push = { kind: 'push' };

describe('without a change of this balancer', () => {
  it.each<[string, Partial<Sides>, object]>([
    ['what the store has holds', { stored: inStore() }, take],
    ['what was removed there is gone', {}, take],
    ['what an emptied store has lost is put there again', { loss: 'emptied' }, push],
    ['what another balancer has put there again holds', { loss: 'emptied', stored: inStore() }, take],
    ['what the store has forgotten is put there again', { loss: 'rolled-back' }, push],
    [
      'what the store has in an earlier version is put there again',
      { loss: 'rolled-back', stored: inStore({ version: 4 }) },
      push,
    ],
  ])('%s', (_, sides, outcome) => expect(reconcile({ ...NOTHING, ...sides })).toEqual(outcome));
});

describe('a backend that has left here', () => {
  it.each<[string, Partial<Sides>, object]>([
    ['is removed from the store', { stored: inStore({ version: 5 }) }, push],
    ['is removed, whatever else became of its incarnation', { stored: inStore({ isPaused: true }) }, push],
    ['stays where it has come back with another balancer', { stored: inStore({ incarnation: '2000-b' }) }, take],
    ['needs nothing where it is gone', {}, take],
  ])('%s', (_, sides, outcome) => expect(reconcile({ ...NOTHING, wanted: removal, ...sides })).toEqual(outcome));
});

describe('a backend that has changed here', () => {
  const outcomeOf = (ours: Facts, sides: Partial<Sides>) =>
    reconcile({ ...NOTHING, wanted: { record: aChange(ours) }, ...sides });

  it.each<[string, Facts, Partial<Sides>, object]>([
    ['is stored where no other balancer has changed it', {}, { stored: inStore({ version: 5 }) }, push],
    ['is stored where it is new', { incarnation: '2000-b' }, { known: undefined }, push],
    ['is stored where it has come back since it was removed', { incarnation: '2000-b' }, {}, push],
    ['is gone where it has left with another balancer', {}, {}, take],
    ['is stored where the store has lost it', {}, { loss: 'emptied' }, push],
    ['beats an older incarnation', { incarnation: '2000-b' }, { stored: inStore() }, push],
    ['loses against a newer incarnation', {}, { stored: inStore({ incarnation: '2000-b' }) }, take],
    ['loses against an incarnation that says when it began', { incarnation: 'a' }, { stored: inStore() }, take],
  ])('%s', (_, ours, sides, outcome) => expect(outcomeOf(ours, sides)).toEqual(outcome));

  it('of two registrations of one incarnation, that of the later balancer holds', () => {
    const facts = (outcome: object) => (outcome as { record: NewRecord }).record.backend.maxInFlight;
    expect(facts(outcomeOf({}, { stored: inStore() }))).toBe(2);
    expect(facts(outcomeOf({}, { stored: inStore({ changedBy: 'balancer-0' }) }))).toBe(1);
  });

  it.each<[string, Facts, Facts]>([
    ['here', { isPaused: true }, {}],
    ['elsewhere', {}, { isPaused: true }],
    ['here, of an older incarnation', { isPaused: true }, { incarnation: '2000-b' }],
    ['elsewhere, of an older incarnation', { incarnation: '2000-b' }, { isPaused: true }],
  ])('stays paused by an operator %s', (_, ours, theirs) => {
    expect(outcomeOf(ours, { stored: inStore(theirs) })).toMatchObject({
      kind: 'combine',
      record: { incarnation: ours.incarnation ?? theirs.incarnation ?? '1000-a', backend: { isPaused: true } },
    });
  });

  it.each<[Facts, Facts]>([
    [{ isLeaving: true }, {}],
    [{}, { isLeaving: true }],
  ])('leaves where either says so: %j, %j', (ours, theirs) => {
    expect(outcomeOf(ours, { stored: inStore(theirs) })).toMatchObject({ record: { isLeaving: true } });
  });

  it('has one outcome for two balancers that reconcile the same two incarnations', () => {
    const [a, b] = [aChange({ incarnation: '2000-a' }), aChange({ incarnation: '2000-b', changedBy: 'balancer-2' })];
    const winner = (ours: NewRecord, theirs: NewRecord) =>
      reconcile({ ...NOTHING, wanted: { record: ours }, stored: { ...theirs, version: 6 } }).kind === 'push'
        ? ours
        : theirs;
    expect(winner(a, b)).toBe(winner(b, a));
  });
});

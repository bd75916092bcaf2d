// Applies what the store says of the fleet, and settles where this balancer says something else.
import type { Backend } from '../registry/backend.js';
import type { RegistryService } from '../registry/registry.service.js';
import type { KnownRecord } from '../registry/store/known-records.js';
import type { WantedChange } from '../registry/store/pending-change.js';
import type { PendingChanges } from '../registry/store/pending-changes.js';
import type {
  Conflict,
  NewRecord,
  StoreChange,
  StoreContents,
  StoredRecord,
} from '../registry/store/registry-store.js';
import { reconcile, type Sides } from './reconcile.js';

/** How long it is remembered that an incarnation has left while the store was away, milliseconds. */
const DEPARTED_MS = 60_000;
const MAX_DEPARTED = 10_000;

const GONE = 'not in the shared registry any more';

export class FleetMerge {
  /** Incarnations that have left, with the time until which another balancer may still bring them back. */
  private readonly departed = new Map<string, number>();

  constructor(
    private readonly registry: RegistryService,
    private readonly changes: PendingChanges,
  ) {}

  /** Brings the fleet together with everything that the store has. */
  apply({ records, unusable, epoch, lastVersion }: StoreContents): void {
    const { changes } = this;
    const isEmptied = epoch !== changes.epoch;
    changes.epoch = epoch;
    // Of two at one address, the later holds.
    const inOrder = records.toSorted((a, b) => a.version - b.version);
    const stored = new Map(inOrder.map((record) => [record.backend.id, record]));
    const untouched = new Set(unusable.filter(({ isAside }) => !isAside).map(({ id }) => id));
    const storedMeanwhile = changes.known.endRead();
    for (const id of new Set([...stored.keys(), ...changes.ids(), ...changes.known.ids()])) {
      // What was stored while everything was read is newer than that.
      if (untouched.has(id) || (storedMeanwhile.get(id) ?? 0) > lastVersion) continue;
      const pending = changes.find(id);
      // The caller of a change still waits for it.
      if (pending?.isKept === false) {
        this.rebase(id, stored.get(id));
        continue;
      }
      const record = stored.get(id);
      const sides = { stored: record, wanted: pending?.wanted, ...this.before(id, isEmptied, lastVersion) };
      // A record that has gone back to an earlier version is what counts now.
      if (record && record.version < changes.known.versionOf(id)) changes.known.forget(id);
      this.settle(id, sides);
    }
    // A store that has gone back to an earlier state counts from there.
    const newest = Math.max(lastVersion, ...[...storedMeanwhile.values()].filter(Number.isFinite));
    changes.lastVersion = Math.min(changes.lastVersion, newest);
  }

  /** Applies a change of another balancer. */
  follow(change: StoreChange): void {
    const { replicas } = this.registry;
    if (change.kind === 'removed') replicas.drop(change.id, change.version, `${change.reason}, with another balancer`);
    if (change.kind !== 'stored') return;
    const { record } = change;
    // A conflict has told it already, and what was made of that since may be on its way.
    if (record.version <= this.changes.known.versionOf(record.backend.id)) return;
    if (this.hasDeparted(record.incarnation)) {
      this.changes.learn(record);
      this.changes.remove(record.backend.id, 'it left while the registry was away');
    } else replicas.apply(record);
  }

  /** Another balancer has changed a backend at the same time; `kept` was changed here while the store was away. */
  resolve(id: string, { version, present }: Conflict, kept: WantedChange | undefined): void {
    // What this balancer cannot read is left alone.
    if (version > 0 && !present) return;
    const sides = { stored: present, wanted: kept, ...this.before(id, false, Infinity) };
    if (version < this.changes.known.versionOf(id)) this.changes.known.forget(id);
    this.settle(id, sides);
  }

  /** What was known of a backend before, and what became of that in a store whose newest version is `lastVersion`. */
  private before(id: string, isEmptied: boolean, lastVersion: number): Pick<Sides, 'known' | 'loss'> {
    const { changes } = this;
    const base = changes.find(id)?.base;
    const known = base ? base.known : changes.known.find(id);
    if (isEmptied || (base && base.epoch !== changes.epoch)) return { known, loss: 'emptied' };
    return { known, loss: known && known.version > lastVersion ? 'rolled-back' : 'none' };
  }

  private settle(id: string, sides: Sides): void {
    const { stored, wanted, known } = sides;
    if (wanted && 'removal' in wanted) this.remember(wanted.removal.incarnation);
    const outcome = reconcile(sides);
    switch (outcome.kind) {
      case 'take':
        if (wanted) this.changes.drop(id);
        this.take(id, stored, known);
        break;
      case 'push':
        this.push(id, stored, wanted);
        break;
      case 'combine':
        this.changes.drop(id);
        this.applyAs(outcome.record, stored);
        this.save(id);
        break;
      default: {
        const exhaustive: never = outcome;
        throw new Error(`unknown reconciliation ${JSON.stringify(exhaustive)}`);
      }
    }
  }

  private take(id: string, stored: StoredRecord | undefined, known: KnownRecord | undefined): void {
    if (stored) this.registry.replicas.apply(stored);
    else this.registry.replicas.drop(id, known?.version ?? 0, GONE);
  }

  private push(id: string, stored: StoredRecord | undefined, wanted: WantedChange | undefined): void {
    const { changes } = this;
    if (wanted === undefined) {
      this.rebase(id, stored);
      this.save(id);
      return;
    }
    changes.drop(id);
    if ('record' in wanted) {
      this.applyAs(wanted.record, stored);
      this.save(id);
    } else if (stored) {
      changes.learn(stored);
      changes.remove(id, wanted.removal.reason);
      this.registry.replicas.remove(id, wanted.removal.reason);
    }
  }

  /** What is changed next of a backend is changed on what the store has now. */
  private rebase(id: string, stored: StoredRecord | undefined): void {
    const { known } = this.changes;
    known.forget(id);
    if (stored) known.advance(id, stored.version, stored.incarnation);
  }

  /** Makes a member what `record` says, as the successor of what the store has. */
  private applyAs(record: NewRecord, stored: StoredRecord | undefined): void {
    this.changes.known.forget(record.backend.id);
    this.registry.replicas.apply({ ...record, version: stored?.version ?? 0 });
  }

  private save(id: string): void {
    const member: Backend | undefined = this.registry.find({ id, url: undefined, pool: undefined });
    if (member) this.changes.save(member);
  }

  private remember(incarnation: string): void {
    const now = performance.now();
    for (const [departed, until] of this.departed) {
      if (until > now && this.departed.size < MAX_DEPARTED) break;
      this.departed.delete(departed);
    }
    this.departed.set(incarnation, now + DEPARTED_MS);
  }

  private hasDeparted(incarnation: string): boolean {
    return (this.departed.get(incarnation) ?? -Infinity) > performance.now();
  }
}

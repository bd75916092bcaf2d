// What the store has of each backend, as far as this balancer knows.
import { randomUUID } from 'node:crypto';
import type { StoredRecord } from './registry-store.js';

/** A record, as far as a change of it needs that. */
export interface KnownRecord {
  readonly version: number;
  readonly incarnation: string;
}

export class KnownRecords {
  private readonly stored = new Map<string, KnownRecord>();
  /** Those of the backends of this balancer, which may not be stored yet. */
  private readonly incarnations = new Map<string, string>();
  /** While everything is read. */
  private storedMeanwhile: Map<string, number> | undefined;

  /** Everything is being read: what this balancer stores from here on may not be in the result. */
  beginRead(): void {
    this.storedMeanwhile = new Map();
  }

  /** The version of what this balancer has stored of each backend since {@link beginRead}. */
  endRead(): ReadonlyMap<string, number> {
    const stored = this.storedMeanwhile ?? new Map<string, number>();
    this.storedMeanwhile = undefined;
    return stored;
  }

  /** This balancer has stored a change of a backend; infinite: its lease has lapsed. */
  note(id: string, version: number): void {
    this.storedMeanwhile?.set(id, version);
  }

  /** What is stored of a backend; undefined: nothing. */
  find(id: string): KnownRecord | undefined {
    return this.stored.get(id);
  }

  versionOf(id: string): number {
    return this.stored.get(id)?.version ?? 0;
  }

  /** The ids of all that are stored. */
  ids(): Iterable<string> {
    return this.stored.keys();
  }

  /** The store has this record; an older one than is known changes nothing. Returns whether it is news. */
  learn({ backend: { id }, version, incarnation }: StoredRecord): boolean {
    if (version < this.versionOf(id)) return false;
    if (version === 0) this.stored.delete(id);
    else this.stored.set(id, { version, incarnation });
    this.incarnations.set(id, incarnation);
    return true;
  }

  /** The store has no record of a backend. */
  forget(id: string): void {
    this.stored.delete(id);
  }

  /** The record of a backend was stored. */
  advance(id: string, version: number, incarnation: string): void {
    this.stored.set(id, { version, incarnation });
  }

  /** The store has a record of another version than was known. */
  correct(id: string, version: number): void {
    const incarnation = this.stored.get(id)?.incarnation ?? '';
    if (version === 0) this.stored.delete(id);
    else this.stored.set(id, { version, incarnation });
  }

  /** The incarnation of a backend of this balancer; a new one where it has none. */
  incarnationOf(id: string): string {
    return this.incarnations.get(id) ?? this.startIncarnation(id);
  }

  /** Undefined: this balancer has no such backend that registered. */
  findIncarnation(id: string): string | undefined {
    return this.incarnations.get(id);
  }

  /** Gives a backend a new incarnation. It begins with the time, so that a later one can be told from an earlier one. */
  startIncarnation(id: string): string {
    const before = incarnationStartedAt(this.incarnations.get(id) ?? this.stored.get(id)?.incarnation ?? '');
    const incarnation = `${Math.max(Date.now(), before + 1)}-${randomUUID()}`;
    this.incarnations.set(id, incarnation);
    return incarnation;
  }

  /** The backend has left this balancer. */
  endIncarnation(id: string): void {
    this.incarnations.delete(id);
  }
}

/** When an incarnation began, milliseconds since 1970 by the clock of its balancer; 0: earlier than all that say so. */
export function incarnationStartedAt(incarnation: string): number {
  return Number(/^(\d{1,15})-/.exec(incarnation)?.[1] ?? 0);
}

// Header fields that a route removes, sets and adds, in the forms in which the lanes need them. Pure.
import type { HeaderChanges } from '@fairlead/traffic-config';

export class CompiledHeaderChanges {
  /** Names in lower case of the fields that are not forwarded: those that are removed, and those that are set. */
  readonly dropped: ReadonlySet<string>;
  /** The fields that are set and added, as a raw header list. */
  readonly added: readonly string[];
  /** The same as lines. */
  readonly lines: Buffer;

  constructor({ remove, set, add }: HeaderChanges) {
    this.dropped = new Set([...remove, ...set.map(([name]) => name)].map((name) => name.toLowerCase()));
    this.added = [...set, ...add].flat();
    this.lines = Buffer.from([...set, ...add].map(([name, value]) => `${name}: ${value}\r\n`).join(''), 'latin1');
  }

  /** Whether every field is left as it is. */
  get areNone(): boolean {
    return this.dropped.size === 0 && this.added.length === 0;
  }
}

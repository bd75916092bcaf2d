// Names that threads number alike without a message: a list in shared memory to which any of them adds.

/** Bytes of a name: the longest name of a pool. */
const MAX_NAME_BYTES = 64;
const ENTRY_BYTES = 4 + MAX_NAME_BYTES;

/** An entry of the list: without a name, being written, or with a name of this many bytes and two. */
const FREE = 0;
const WRITING = 1;
const WRITTEN = 2;

/** A list of names of ASCII that only grows. Its first names are fixed; the last of these stands for what has no room. */
export class SharedNames {
  private readonly states: Int32Array;
  private readonly texts: Uint8Array;

  /** The size of a list of `capacity` names: whole doubles. */
  static bytesFor(capacity: number): number {
    return Math.ceil((capacity * ENTRY_BYTES) / 8) * 8;
  }

  /** @param buffer begins with the list. */
  constructor(
    buffer: SharedArrayBuffer,
    private readonly fixed: readonly string[],
    private readonly capacity: number,
  ) {
    this.states = new Int32Array(buffer, 0, capacity);
    this.texts = new Uint8Array(buffer, 4 * capacity, MAX_NAME_BYTES * capacity);
  }

  /** The number of a name, which it gets with the first call in any thread. */
  indexOf(name: string): number {
    const { fixed, states, capacity } = this;
    const isFixed = fixed.indexOf(name);
    if (isFixed !== -1) return isFixed;
    if (name.length > MAX_NAME_BYTES) return fixed.length - 1;
    for (let at = fixed.length; at < capacity; at++) {
      if (Atomics.compareExchange(states, at, FREE, WRITING) === FREE) {
        this.write(at, name);
        return at;
      }
      if (this.nameAt(at) === name) return at;
    }
    return fixed.length - 1;
  }

  /** The names with their numbers. */
  get all(): { readonly name: string; readonly index: number }[] {
    const { fixed, states, capacity } = this;
    const found = fixed.map((name, index) => ({ name, index }));
    for (let index = fixed.length; index < capacity && Atomics.load(states, index) !== FREE; index++) {
      const name = this.nameAt(index);
      if (name !== undefined) found.push({ name, index });
    }
    return found;
  }

  /** Undefined while another thread writes it: the same name may be listed twice then, and both are added up. */
  private nameAt(at: number): string | undefined {
    const length = Atomics.load(this.states, at) - WRITTEN;
    if (length < 0) return undefined;
    return String.fromCharCode(...this.texts.subarray(at * MAX_NAME_BYTES, at * MAX_NAME_BYTES + length));
  }

  private write(at: number, name: string): void {
    for (let i = 0; i < name.length; i++) this.texts[at * MAX_NAME_BYTES + i] = name.charCodeAt(i);
    Atomics.store(this.states, at, WRITTEN + name.length);
  }
}

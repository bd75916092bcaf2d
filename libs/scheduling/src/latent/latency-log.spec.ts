// What a reader finds in the log of a thread, which it shares by its buffer.
import { describe, expect, it } from 'vitest';
import { LatencyLog, type LatencyLogReader } from './latency-log.js';

/** Writes down what it is passed. */
class Notes implements LatencyLogReader {
  readonly lines: string[] = [];
  readonly known = new Set<number>();

  started(exchange: number, classId: number, slot: number, atSeconds: number): void {
    this.lines.push(`${atSeconds}: exchange ${exchange} of class ${classId} to ${slot}`);
  }

  ended(exchange: number, slot: number, atSeconds: number, isAnswered: boolean): void {
    this.lines.push(`${atSeconds}: exchange ${exchange} from ${slot} ${isAnswered ? 'answered' : 'abandoned'}`);
  }

  named(name: number): boolean {
    if (this.known.has(name)) this.lines.push(`name ${name}`);
    return this.known.has(name);
  }

  lost(names: number): void {
    this.lines.push(`lost, with names up to ${names}`);
  }
}

function setUp() {
  const writer = new LatencyLog();
  const reader = new LatencyLog(writer.buffer);
  const notes = new Notes();
  const read = () => {
    reader.drain(notes, Infinity);
    return notes.lines.splice(0);
  };
  return { writer, reader, notes, read };
}

describe('LatencyLog', () => {
  it('passes starts and ends on, each once', () => {
    const { writer, read } = setUp();
    const a = writer.start(3, 700, 1.5);
    const b = writer.start(65_000, 65_535, 1.75);
    expect(read()).toEqual([`1.5: exchange ${a} of class 3 to 700`, `1.75: exchange ${b} of class 65000 to 65535`]);
    writer.end(b, 65_535, 2, true);
    writer.end(a, 700, 2.5, false);
    expect(read()).toEqual([`2: exchange ${b} from 65535 answered`, `2.5: exchange ${a} from 700 abandoned`]);
    expect(read()).toEqual([]);
  });

  it('passes what happened up to a time, and says when the next record is of', () => {
    const { writer, reader, notes } = setUp();
    expect(reader.nextAtSeconds).toBe(Infinity);
    for (let i = 1; i <= 5; i++) writer.start(0, 0, i);
    expect(reader.nextAtSeconds).toBe(1);
    expect(reader.drain(notes, 3)).toBe(3);
    expect(reader.nextAtSeconds).toBe(4);
    expect(reader.drain(notes, Infinity)).toBe(2);
    expect(notes.lines).toHaveLength(5);
    expect(reader.nextAtSeconds).toBe(Infinity);
  });

  it('waits at a name that is not known yet: what follows is of another class', () => {
    const { writer, notes, read } = setUp();
    writer.start(1, 0, 1);
    const name = writer.name();
    writer.start(1, 0, 2);
    expect(read()).toHaveLength(1);
    expect(read()).toEqual([]);
    notes.known.add(name);
    const [named, started] = read();
    expect(named).toBe(`name ${name}`);
    expect(started).toMatch(/^2: /);
  });

  it('says that records were lost when it was not read for too long, and goes on with those that follow', () => {
    const { writer, read } = setUp();
    const name = writer.name();
    for (let i = 0; i < 20_000; i++) writer.start(0, 0, i);
    expect(read()).toEqual([`lost, with names up to ${name}`]);
    writer.start(0, 0, 7);
    expect(read()).toEqual([expect.stringMatching(/^7: /)]);
  });

  it('skips what was not read, and says which names are among it', () => {
    const { writer, reader, read } = setUp();
    writer.name();
    const name = writer.name();
    writer.start(0, 0, 1);
    expect(reader.skip()).toBe(name);
    expect(read()).toEqual([]);
  });

  it('goes on where a thread ended that wrote to the same buffer', () => {
    const { writer, reader, notes, read } = setUp();
    writer.name();
    writer.start(0, 0, 1);
    const next = new LatencyLog(writer.buffer);
    notes.known.add(1).add(2);
    expect(next.name()).toBe(2);
    next.start(4, 4, 2);
    expect(reader.buffer).toBe(writer.buffer);
    expect(read()).toEqual(['name 1', expect.stringMatching(/^1: /), 'name 2', expect.stringMatching(/^2: /)]);
  });

  it('leaves out starts and ends while the reader wants names only', () => {
    const { writer, reader, notes, read } = setUp();
    const before = writer.start(0, 0, 1);
    read();
    reader.pause(true);
    writer.end(before, 0, 2, true);
    const during = writer.start(0, 0, 3);
    const name = writer.name();
    notes.known.add(name);
    expect(read()).toEqual([`name ${name}`]);
    reader.pause(false);
    writer.end(during, 0, 4, true);
    expect(read()).toEqual([]);
    const after = writer.start(0, 0, 5);
    writer.end(after, 0, 6, true);
    expect(read()).toEqual([`5: exchange ${after} of class 0 to 0`, `6: exchange ${after} from 0 answered`]);
  });
});

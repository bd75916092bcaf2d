import { describe, expect, it } from 'vitest';
import { Roster, type Listed } from './roster.js';

const aMember = (name: string): Listed & { name: string } => ({ name, place: -1 });

describe('a roster', () => {
  it('has who was put in and not taken out, once each', () => {
    const roster = new Roster<ReturnType<typeof aMember>>();
    const [a, b, c] = ['a', 'b', 'c'].map(aMember);
    for (const member of [a, b, c, b]) roster.add(member);
    roster.remove(a);
    roster.remove(a);
    expect(
      roster
        .now()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(['b', 'c']);
    roster.remove(c);
    roster.remove(b);
    expect(roster.size).toBe(0);
    roster.add(a);
    expect(roster.now()).toEqual([a]);
  });

  it('is visited whole although members leave, whoever makes them', () => {
    const roster = new Roster<ReturnType<typeof aMember>>();
    const members = Array.from({ length: 10 }, (_, i) => aMember(String(i)));
    for (const member of members) roster.add(member);
    const visited = new Set<string>();
    roster.visit((member) => {
      visited.add(member.name);
      roster.remove(member);
      // The neighbours go, too.
      if (member.name === '5') for (const other of [members[3], members[8]]) roster.remove(other);
    });
    expect(visited.size).toBe(9);
    expect(visited).not.toContain('3');
    expect(roster.size).toBe(0);
  });
});

import { expect, it } from 'vitest';
import { IndexedSet } from './indexed-set.js';

function aCrowdOf(...names: readonly string[]) {
  const members = names.map((name) => ({ name, setIndex: -1 }));
  const crowd = new IndexedSet<(typeof members)[number]>();
  for (const member of members) crowd.add(member);
  return { crowd, members, present: () => crowd.toArray().map(({ name }) => name) };
}

it('holds who has joined and not left, each once', () => {
  const { crowd, members, present } = aCrowdOf('a', 'b', 'c');
  crowd.add(members[1]);
  crowd.delete(members[0]);
  crowd.delete(members[0]);
  expect(present().toSorted()).toEqual(['b', 'c']);
  crowd.add(members[0]);
  crowd.delete(members[2]);
  expect(present().toSorted()).toEqual(['a', 'b']);
});

it('calls each once, although those who are called leave', () => {
  const { crowd, present } = aCrowdOf('a', 'b', 'c', 'd');
  const called: string[] = [];
  crowd.forEach((member) => {
    called.push(member.name);
    if (member.name !== 'c') crowd.delete(member);
  });
  expect(called.toSorted()).toEqual(['a', 'b', 'c', 'd']);
  expect(present()).toEqual(['c']);
});

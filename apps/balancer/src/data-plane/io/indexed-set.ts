// A set whose members come and go with every request. A Set will not do: V8 chains the tables that it outgrows to the new
// ones, with whoever was in them, and once one of them is old, all of those outlive every collection but the largest.

export interface IndexedSetMember {
  /** Where it stands in its crowd, which keeps this up; -1 for nowhere. */
  setIndex: number;
}

/** In no order. A member can be in one crowd at a time. */
export class IndexedSet<M extends IndexedSetMember> {
  private readonly members: M[] = [];

  add(member: M): void {
    if (member.setIndex !== -1) return;
    member.setIndex = this.members.length;
    this.members.push(member);
  }

  delete(member: M): void {
    const { setIndex } = member;
    if (setIndex === -1) return;
    member.setIndex = -1;
    const last = this.members.pop();
    if (last === undefined || last === member) return;
    this.members[setIndex] = last;
    last.setIndex = setIndex;
  }

  /** Those that are there now, who may leave or come back while they are gone through. */
  present(): M[] {
    return this.members.slice();
  }

  /** Calls for each; whoever is called may leave. */
  forEach(call: (member: M) => void): void {
    const { members } = this;
    // Backwards: into the place of one that leaves comes one that was called already.
    for (let i = members.length - 1; i >= 0; i--) if (i < members.length) call(members[i]);
  }
}

// A set whose members come and go with every request. V8 links the tables a Set outgrows to their successors. Once one is
// promoted, the whole chain and its members survive until a full collection; an array does not do that.

/** A member knows where it stands. */
export interface IndexedSetMember {
  /** Its index, kept by the set it is in; -1 when it is in none. */
  setIndex: number;
}

/** An unordered set. A member can be in one set at a time. */
export class IndexedSet<M extends IndexedSetMember> {
  private readonly members: M[] = [];

  /** Adds a member that is in no set; otherwise does nothing. */
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

  /** The number of members. */
  get size(): number {
    return this.members.length;
  }

  /** The present members, which may leave or come back while a caller goes through them. */
  toArray(): M[] {
    return this.members.slice();
  }

  /** Calls for each member; a member that is called may leave. */
  forEach(call: (member: M) => void): void {
    const { members } = this;
    // Backwards: a member that leaves is replaced by one that was called already.
    for (let i = members.length - 1; i >= 0; i--) if (i < members.length) call(members[i]);
  }
}

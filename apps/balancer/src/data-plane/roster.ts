// A set that costs no more than an array: whoever is in it knows where.

/** Whoever can be in one roster at a time. */
export interface Listed {
  /** Where it stands; -1: nowhere. Written by the roster only. */
  place: number;
}

export class Roster<Member extends Listed> {
  private readonly members: Member[] = [];

  /** Puts `member` in. Once is enough. */
  add(member: Member): void {
    if (member.place >= 0) return;
    member.place = this.members.length;
    this.members.push(member);
  }

  /** Takes `member` out, if it is in. The last takes its place. */
  remove(member: Member): void {
    const { place } = member;
    if (place < 0) return;
    const last = this.members.pop()!;
    if (last !== member) {
      this.members[place] = last;
      last.place = place;
    }
    member.place = -1;
  }

  get size(): number {
    return this.members.length;
  }

  /** Those that are in it now. Whoever comes or goes meanwhile changes nothing. */
  now(): Member[] {
    return this.members.slice();
  }

  /** Calls `visit` for each, from the last to the first: `visit` may take out the one it is called for. */
  visit(visit: (member: Member) => void): void {
    for (let at = this.members.length - 1; at >= 0; at--) {
      // More than one may have gone.
      if (at < this.members.length) visit(this.members[at]);
    }
  }
}

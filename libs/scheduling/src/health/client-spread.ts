// Which clients a backend fails, so that outlier detection can tell a backend that is bad from a client whose requests
// no backend can serve: a client alone must not have a backend ejected that serves others well.

/** Failures count once they come from this many clients, or from all clients when fewer were seen. */
const ENOUGH_CLIENTS = 3;
/** How long a client counts as seen. */
const RECENT_SECONDS = 60;
/** Clients whose failures are counted one by one, per backend. */
const COUNTED_CLIENTS = 8;

/** What counts as one client: an IPv4 address, or the /64 network of an IPv6 address, which one host has to itself. */
export function clientIdentity(address: string): string {
  if (!address.includes(':')) return address;
  const [before, after] = address.split('::', 2);
  const head = before === '' ? [] : before.split(':');
  if (after === undefined) return head.slice(0, 4).join(':');
  const tail = after === '' ? [] : after.split(':');
  const zeros = Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  return [...head, ...zeros, ...tail].slice(0, 4).join(':');
}

/** The clients that each backend has served lately: up to three, which is all that matters. By slot. */
export class RecentClients {
  private readonly clients: (string | undefined)[];
  private readonly seenAt: Float64Array;
  /** Until then the three clients of a slot are recent, and no other has to be remembered. */
  private readonly settledUntil: Float64Array;

  constructor(slotCount: number) {
    this.clients = Array.from({ length: slotCount * ENOUGH_CLIENTS });
    this.seenAt = new Float64Array(slotCount * ENOUGH_CLIENTS).fill(-Infinity);
    this.settledUntil = new Float64Array(slotCount).fill(-Infinity);
  }

  /** A client's request was on `slot`. Called for every request: most calls end in the first line. */
  add(slot: number, address: string, nowSeconds: number): void {
    if (nowSeconds < this.settledUntil[slot]) return;
    const { clients, seenAt } = this;
    const client = clientIdentity(address);
    const first = slot * ENOUGH_CLIENTS;
    let at = first;
    for (let i = first; i < first + ENOUGH_CLIENTS && clients[at] !== client; i++) {
      if (clients[i] === client || seenAt[i] < seenAt[at]) at = i;
    }
    clients[at] = client;
    seenAt[at] = nowSeconds;
    for (let i = first; i < first + ENOUGH_CLIENTS; i++) if (seenAt[i] < nowSeconds - RECENT_SECONDS / 2) return;
    this.settledUntil[slot] = nowSeconds + RECENT_SECONDS / 2;
  }

  /** Whether failures of these clients count: of three clients, or of all that were seen on `slot` lately. */
  areEnough(slot: number, failing: readonly string[], nowSeconds: number): boolean {
    if (failing.length >= ENOUGH_CLIENTS) return true;
    const first = slot * ENOUGH_CLIENTS;
    for (let i = first; i < first + ENOUGH_CLIENTS; i++) {
      const client = this.clients[i];
      const isRecent = this.seenAt[i] >= nowSeconds - RECENT_SECONDS;
      if (client !== undefined && isRecent && !failing.includes(client)) return false;
    }
    return true;
  }
}

/** The clients of the failures in a row on each slot, up to three. Empty while nothing fails. */
export class StreakClients {
  private readonly bySlot = new Map<number, string[]>();

  /** Returns whether this is one client more. */
  add(slot: number, address: string): boolean {
    const client = clientIdentity(address);
    const clients = this.bySlot.get(slot);
    if (!clients) this.bySlot.set(slot, [client]);
    else if (clients.length >= ENOUGH_CLIENTS || clients.includes(client)) return false;
    else clients.push(client);
    return true;
  }

  of(slot: number): readonly string[] {
    return this.bySlot.get(slot) ?? [];
  }

  /** The row of failures has ended. */
  clear(slot: number): void {
    this.bySlot.delete(slot);
  }
}

/** How many failures of a slot each client had within a window. */
interface Shares {
  readonly startedAt: number;
  total: number;
  readonly byClient: Map<string, number>;
}

/**
 * Shares of clients in the failures of a window, by slot: so that one client cannot make up the ratio of a window. A
 * client counts for as many failures as all others together.
 */
export class FailureShares {
  private readonly bySlot = new Map<number, Shares>();

  constructor(
    private readonly recent: RecentClients,
    private readonly windowSeconds: number,
  ) {}

  /** Records a failure. Returns whether it has to be left out of account, because it is one client's excess. */
  isExcess(slot: number, address: string, nowSeconds: number): boolean {
    const client = clientIdentity(address);
    const shares = this.sharesOf(slot, nowSeconds);
    const { byClient } = shares;
    const own = (byClient.get(client) ?? this.makeRoom(byClient)) + 1;
    byClient.set(client, own);
    shares.total++;
    if (byClient.size < ENOUGH_CLIENTS) return !this.recent.areEnough(slot, [...byClient.keys()], nowSeconds);
    return own > shares.total - own;
  }

  private sharesOf(slot: number, nowSeconds: number): Shares {
    const known = this.bySlot.get(slot);
    if (known && nowSeconds - known.startedAt < this.windowSeconds) return known;
    const shares: Shares = { startedAt: nowSeconds, total: 0, byClient: new Map() };
    this.bySlot.set(slot, shares);
    return shares;
  }

  /**
   * The count with which a further client begins. When the table is full, the client with the fewest failures is
   * forgotten, and the new one has its count: Space-Saving (Metwally, Agrawal and El Abbadi 2005), which never loses a
   * client with more than its part of the failures.
   */
  private makeRoom(byClient: Map<string, number>): number {
    if (byClient.size < COUNTED_CLIENTS) return 0;
    const [client, count] = [...byClient].reduce((fewest, each) => (each[1] < fewest[1] ? each : fewest));
    byClient.delete(client);
    return count;
  }
}

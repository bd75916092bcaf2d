// What balancers have learned, as the store keeps it: a text of each balancer, which the store does not read.

/** The share of one balancer. */
export interface StoredShare {
  /** The id of the balancer. */
  readonly balancer: string;
  /** As it was written; empty in place of one that is too long. */
  readonly text: string;
  /** How long ago it was written, by the clock of the store. */
  readonly ageSeconds: number;
}

/** An older share is forgotten: its balancer is gone. */
export const MAX_SHARE_AGE_SECONDS = 86_400;
/** No longer text is read, in characters. */
export const MAX_SHARE_LENGTH = 2 ** 20;
/** Of more shares, the newest are read. */
export const MAX_SHARES = 32;

/** A share as a store has it. A clock that was set back makes none newer than now. */
export function shareOf(balancer: string, text: string, ageSeconds: number): StoredShare {
  return { balancer, text: text.length > MAX_SHARE_LENGTH ? '' : text, ageSeconds: Math.max(0, ageSeconds) };
}

/** Those of these shares that `RegistryStore.readShares` returns. */
export function newestShares(shares: readonly StoredShare[]): readonly StoredShare[] {
  return shares
    .filter(({ ageSeconds }) => ageSeconds <= MAX_SHARE_AGE_SECONDS)
    .toSorted((a, b) => a.ageSeconds - b.ageSeconds || (a.balancer < b.balancer ? -1 : 1))
    .slice(0, MAX_SHARES);
}

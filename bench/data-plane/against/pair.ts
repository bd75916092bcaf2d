// A contender in two builds, and the order in which they have their turns.
import { withBalancer } from '../../contenders/fairlead.js';
import type { Entry } from '../contenders.js';
import type { Checkout } from './checkout.js';

/** One of the two. */
export interface Side {
  readonly entry: Entry;
  /** The checkout that its build is in. */
  readonly folder: string;
}

/** The same contender in the build of this checkout and in the other one. */
export interface Pair {
  readonly own: Side;
  readonly other: Side;
}

/** A pair whose results can be told apart: the other one's have a name of their own. */
export function pairOf(entry: Entry, own: Checkout, other: Checkout): Pair {
  return {
    own: { entry, folder: own.folder },
    other: { entry: { ...withBalancer(entry, other.balancer), name: `${entry.name}@other` }, folder: other.folder },
  };
}

/** This build first in odd rounds, the other one first in even ones: a machine that slows down favours neither. */
export function inTurn({ own, other }: Pair, round: number): readonly Side[] {
  return round % 2 === 1 ? [own, other] : [other, own];
}

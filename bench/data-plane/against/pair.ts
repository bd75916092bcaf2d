// A contender in two builds, and the order of their turns.
import { withBalancer } from '../../contenders/fairlead.js';
import type { Entry } from '../contenders.js';
import type { Checkout } from './checkout.js';

/** One of the two. */
export interface Side {
  readonly entry: Entry;
  /** The checkout that contains its build. */
  readonly folder: string;
}

/** The same contender in the build of this checkout and in the other one. */
export interface Pair {
  readonly own: Side;
  readonly other: Side;
}

/** Creates a pair. The other entry gets a distinct name, so that results can be told apart. */
export function pairOf(entry: Entry, own: Checkout, other: Checkout): Pair {
  return {
    own: { entry, folder: own.folder },
    other: { entry: { ...withBalancer(entry, other.balancer), name: `${entry.name}@other` }, folder: other.folder },
  };
}

/** This build goes first in odd rounds, the other in even ones, so that a machine that slows down favours neither. */
export function inTurn({ own, other }: Pair, round: number): readonly Side[] {
  return round % 2 === 1 ? [own, other] : [other, own];
}

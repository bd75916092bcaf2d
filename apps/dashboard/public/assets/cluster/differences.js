// PURE: what is said of a backend that balancers see in different states.

/** @import { Difference } from '../../../src/live/cluster-summary.js' */
/** @typedef {{ state: string, balancers: string[] }} SharedView */

/** More balancers than these are counted and not named. */
const MAX_NAMED = 2;

/** Returns the states, each with the balancers that see the backend in it. @param {Difference} difference */
export function viewsByState({ views }) {
  return /** @type {SharedView[]} */ (
    [...Map.groupBy(views, ({ state }) => state)].map(([state, seen]) => ({
      state,
      balancers: seen.map(({ balancer }) => balancer),
    }))
  );
}

/**
 * Returns how other balancers see a backend: `down at balancer-2`; empty if they see it as this one does.
 * @param {Difference | undefined} difference
 * @param {string} state What the balancer of this page sees.
 * @param {string} balancer Its id.
 */
export function viewsElsewhere(difference, state, balancer) {
  if (difference === undefined) return '';
  const others = difference.views.filter((view) => view.balancer !== balancer && view.state !== state);
  return viewsByState({ ...difference, views: others })
    .map((view) => `${view.state} at ${named(view.balancers)}`)
    .join(', ');
}

/** @param {string[]} balancers */
export function named(balancers) {
  return balancers.length <= MAX_NAMED ? balancers.join(' and ') : `${balancers.length} balancers`;
}

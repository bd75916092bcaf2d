// Merges what several threads know.
import type { RequestRecord } from '@fairlead/contracts';
import type { DemandBelief } from '@fairlead/scheduling';
import { KEPT_REQUESTS } from '../metrics/request-log.js';
import type { NamedBelief } from '../placement/demand-learning.js';

/** The most reliable first. */
const SOURCES: readonly DemandBelief['source'][] = ['reported', 'inferred', 'prior'];

/** The newest requests of all threads, newest first. */
export function mergeRequests(logs: readonly (readonly RequestRecord[])[]): RequestRecord[] {
  const newestFirst = logs.flat().sort((a, b) => (a.at === b.at ? 0 : a.at < b.at ? 1 : -1));
  return newestFirst.slice(0, KEPT_REQUESTS);
}

/** The sum of all threads for each name. */
export function mergeSums(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const byName = Map.groupBy(counts.flatMap(Object.entries<number>), ([name]) => name);
  const sums = Array.from(byName, ([name, entries]) => [name, entries.reduce((sum, [, count]) => sum + count, 0)]);
  return Object.fromEntries(sums) as Record<string, number>;
}

/**
 * One estimate for each class: the mean of the estimates from the most reliable source, weighted by their samples.
 */
export function mergeBeliefs(lists: readonly (readonly NamedBelief[])[]): NamedBelief[] {
  const byName = Map.groupBy(lists.flat(), ({ name }) => name);
  return Array.from(byName.values(), (beliefs) => mergeBelief(beliefs));
}

function mergeBelief(beliefs: readonly NamedBelief[]): NamedBelief {
  const source = SOURCES.find((each) => beliefs.some((belief) => belief.source === each)) ?? 'prior';
  const best = beliefs.filter((belief) => belief.source === source);
  const samples = best.reduce((sum, belief) => sum + belief.samples, 0);
  const weightOf = (belief: NamedBelief) => (samples === 0 ? 1 / best.length : belief.samples / samples);
  const demand = best[0].demand.map((_, r) => best.reduce((sum, each) => sum + weightOf(each) * each.demand[r], 0));
  return { name: best[0].name, demand, source, confidence: Math.max(...best.map((each) => each.confidence)), samples };
}

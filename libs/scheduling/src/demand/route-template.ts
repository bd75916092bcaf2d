// Finds the routes of paths without configuration: `/users/17/orders/9` and `/users/42/orders/1` are both
// `/users/{}/orders/{}`.
import { LRUCache } from 'lru-cache';
import { SpaceSavingSummary } from './space-saving-summary.js';
import { looksLikeIdentifier } from './path-segment.js';

/** Replaces a variable segment in a template. */
const PARAMETER = '{}';
/** Replaces everything below the deepest level of a template. */
const REMAINDER = '**';

const MAX_LEVELS = 8;
const MAX_PREFIXES = 1024;

/**
 * Turns paths into templates. A segment becomes {@link PARAMETER} when it looks like an identifier, or when its
 * position takes many values and this one is not frequent. Memory is bounded by the number of prefixes and of values at
 * each. O(length of the path).
 */
export class RouteTemplates {
  private readonly valuesAfter = new LRUCache({
    max: MAX_PREFIXES,
    memoMethod: (_prefix: string) => new SpaceSavingSummary(),
  });

  /** Returns the template of a path that was requested `times` times, without query, fragment and empty segments. */
  templateOf(path: string, times = 1): string {
    let template = '';
    let level = 0;
    let start = 0;
    const end = endOfPath(path);
    while (start < end) {
      let slash = path.indexOf('/', start);
      if (slash === -1 || slash > end) slash = end;
      const segment = path.slice(start, slash);
      start = slash + 1;
      if (segment === '') continue;
      if (level++ === MAX_LEVELS) return `${template}/${REMAINDER}`;
      template += `/${this.templateSegment(segment, template, times)}`;
    }
    return template === '' ? '/' : template;
  }

  private templateSegment(segment: string, prefix: string, times: number): string {
    if (looksLikeIdentifier(segment)) return PARAMETER;
    const isRegular = this.valuesAfter.memo(prefix).observe(segment, times);
    return isRegular ? segment : PARAMETER;
  }
}

function endOfPath(path: string): number {
  const end = path.search(/[?#]/);
  return end === -1 ? path.length : end;
}

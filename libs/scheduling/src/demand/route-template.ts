// Finds the routes behind paths by itself: `/users/17/orders/9` and `/users/42/orders/1` are both `/users/{}/orders/{}`.
import { LRUCache } from 'lru-cache';
import { SpaceSavingSummary } from './space-saving-summary.js';
import { looksLikeIdentifier } from './path-segment.js';

/** What stands in a template for a segment that varies. */
export const PARAMETER = '{}';
/** What stands in a template for everything below the deepest level that is told apart. */
export const REMAINDER = '**';

const DEEPEST_LEVEL = 8;
const REMEMBERED_PREFIXES = 1024;

/**
 * Turns paths into templates. A segment becomes {@link PARAMETER} when it looks like an identifier, or when the place
 * where it stands takes many values and this is none of the frequent ones. Memory is bounded: it remembers so many
 * prefixes, and so many values at each. O(length of the path).
 */
export class RouteTemplates {
  private readonly valuesAfter = new LRUCache({
    max: REMEMBERED_PREFIXES,
    memoMethod: (_prefix: string) => new SpaceSavingSummary(),
  });

  /** The template of a path that was asked for so many times; a query or fragment is left out, and so are slashes that end nothing. */
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
      if (level++ === DEEPEST_LEVEL) return `${template}/${REMAINDER}`;
      template += `/${this.nameOf(segment, template, times)}`;
    }
    return template === '' ? '/' : template;
  }

  private nameOf(segment: string, prefix: string, times: number): string {
    if (looksLikeIdentifier(segment)) return PARAMETER;
    const isRegular = this.valuesAfter.memo(prefix).observe(segment, times);
    return isRegular ? segment : PARAMETER;
  }
}

function endOfPath(path: string): number {
  const end = path.search(/[?#]/);
  return end === -1 ? path.length : end;
}

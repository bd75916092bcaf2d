// What is done with the paths that two servers may read differently: a rule that one of them applies to the path would not
// hold for the other.
import type { IncomingMessage } from 'node:http';
import type { PathAction } from '../../config/path-rules.js';
import type { Refusal } from './refusal.js';

/** The action for each kind of path. */
export interface PathActions {
  readonly ESCAPED_CHARACTERS: PathAction;
  readonly ESCAPED_SLASHES: PathAction;
  readonly REPEATED_SLASHES: PathAction;
  readonly DOT_SEGMENTS: PathAction;
}

interface PathRule {
  readonly variable: keyof PathActions;
  /** What such a path has. */
  readonly what: string;
  readonly isIn: (path: string) => boolean;
  readonly normalize: (path: string) => string;
}

/** Escaped unreserved characters (RFC 3986 §2.3), which mean the same unescaped. */
const ESCAPED_UNRESERVED = /%(?:2[de]|3[0-9]|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/gi;

/** What is left may be an escape again, as in `%%36%31`. */
function unescape(path: string): string {
  let unescaped = path;
  while (unescaped.search(ESCAPED_UNRESERVED) !== -1) {
    unescaped = unescaped.replaceAll(ESCAPED_UNRESERVED, decodeURIComponent);
  }
  return unescaped;
}

/**
 * In the order in which they apply: an escaped slash may make a run of slashes, and both may make a dot segment, as an
 * unescaped dot may.
 */
const RULES: readonly PathRule[] = [
  {
    variable: 'ESCAPED_CHARACTERS',
    what: 'a letter, a digit or one of - . _ ~ in escaped form, such as %61',
    isIn: (path) => path.search(ESCAPED_UNRESERVED) !== -1,
    normalize: unescape,
  },
  {
    variable: 'ESCAPED_SLASHES',
    what: 'an escaped slash (%2F or %5C)',
    isIn: (path) => /%(?:2f|5c)/i.test(path),
    normalize: (path) => path.replaceAll(/%(?:2f|5c)/gi, '/'),
  },
  {
    variable: 'REPEATED_SLASHES',
    what: 'two slashes in a row',
    isIn: (path) => path.includes('//'),
    normalize: (path) => path.replaceAll(/\/{2,}/g, '/'),
  },
  {
    variable: 'DOT_SEGMENTS',
    what: 'a dot segment (. or ..)',
    isIn: (path) => /\/(?:\.|%2e){1,2}(?:\/|$)/i.test(path),
    normalize: removeDotSegments,
  },
];

export class PathRules {
  private readonly rules: readonly (PathRule & { readonly isRefused: boolean })[];

  constructor(actions: PathActions) {
    this.rules = RULES.filter(({ variable }) => actions[variable] !== 'keep').map((rule) => ({
      ...rule,
      isRefused: actions[rule.variable] === 'reject',
    }));
  }

  /** Whether every path is kept as it is. */
  get keepAll(): boolean {
    return this.rules.length === 0;
  }

  /** Changes the target of a request to the form that is forwarded. Returns a response when it is not to be forwarded. */
  normalize(request: IncomingMessage): Refusal | undefined {
    const { url = '/' } = request;
    if (this.keepAll || !url.startsWith('/')) return undefined;
    const applied = this.apply(url);
    if (typeof applied !== 'string') return applied;
    request.url = applied;
    return undefined;
  }

  /** Returns a target in origin-form as it is forwarded, its query unchanged; or why it is refused. */
  apply(target: string): string | Refusal {
    const queryAt = target.indexOf('?');
    const query = queryAt === -1 ? '' : target.slice(queryAt);
    let path = queryAt === -1 ? target : target.slice(0, queryAt);
    for (const { isIn, isRefused, normalize, what } of this.rules) {
      if (!isIn(path)) continue;
      if (isRefused) return { statusCode: 400, message: `the path must not have ${what}` };
      path = normalize(path);
    }
    return path + query;
  }
}

/**
 * RFC 3986 §5.2.4. `%2e` is a dot (§6.2.2.2), and a `..` at the root is dropped.
 */
function removeDotSegments(path: string): string {
  const segments = path.split('/').slice(1);
  const kept: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const dots = segment.replaceAll(/%2e/gi, '.');
    const isLast = index === segments.length - 1;
    if (dots === '..') kept.pop();
    if (dots !== '.' && dots !== '..') kept.push(segment);
    // A path that ended in a dot segment names the folder.
    else if (isLast) kept.push('');
  }
  return `/${kept.join('/')}`;
}

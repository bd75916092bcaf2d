// Paths that a route matches, in their short form (`/api/*`) and in the long one (`{prefix: /api}`).
import { z } from 'zod';
import type { PathMatch } from '../route-config.js';
import { mapping, optional } from './mapping.js';

const ALLOWED =
  'must be a path such as /login, a prefix such as /api/*, a pattern such as /users/:id, or {exact: …}, {prefix: …} or {pattern: …}';
const NO_REGULAR_EXPRESSION =
  'must not be a regular expression: in a path, :name stands for one segment, and *rest at the end for all that follow';
const NO_QUERY = 'must be a path without "?" and "#"; parameters are matched with query:';
const ENCODED = 'must be written as it arrives: printable ASCII without spaces, anything else percent-encoded';
const ABSOLUTE = 'must begin with /';
const STAR = 'must have "*" only as /* or /*rest at its end';
const PARAMETER = 'must name what stands for a segment: ":" and then letters, digits or "_", such as :id';

/** What no path that is meant literally has. */
const REGULAR_EXPRESSION = /^[~^]|\.\*|\.\+|\\|\(\?|\$$/;
/** What a short form or a pattern has besides only if it is meant as a regular expression. */
const PATTERN_EXPRESSION = /[[\](){}|+?^]/;
const PARAMETER_FORM = /^:[A-Za-z_]\w{0,62}$/;
const REST_FORM = /^\*[A-Za-z_]\w{0,62}$/;

/** A path without slashes at its end, except that of `/`. */
export function withoutSlash(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') end--;
  return path.slice(0, end);
}

/** Why `path` is not one that is compared as it is; undefined if it is. */
function literalPathProblem(path: string): string | undefined {
  if (REGULAR_EXPRESSION.test(path)) return NO_REGULAR_EXPRESSION;
  if (!path.startsWith('/')) return ABSOLUTE;
  if (/[?#]/.test(path)) return NO_QUERY;
  return /^[\x21-\x7e]+$/.test(path) ? undefined : ENCODED;
}

/** Why `path` is no pattern; undefined if it is one. */
function patternProblem(path: string): string | undefined {
  const segments = path.split('/').slice(1);
  // A query is told from a regular expression by what is in front of it.
  if (PATTERN_EXPRESSION.test(path.replace(/\?[\w-]+(=|&|$).*/, ''))) return NO_REGULAR_EXPRESSION;
  const problem = literalPathProblem(path);
  if (problem !== undefined) return problem;
  const isRest = (segment: string, i: number) => i === segments.length - 1 && REST_FORM.test(segment);
  if (segments.some((segment, i) => segment.includes('*') && !isRest(segment, i))) return STAR;
  return segments.every((segment) => !segment.startsWith(':') || PARAMETER_FORM.test(segment)) ? undefined : PARAMETER;
}

/** What a path match is, or why it is none. */
type ParsedPath = PathMatch | { readonly problem: string };

/** `/*` at the end stands for a prefix, a segment `:name` or `*rest` for a pattern, and anything else for itself. */
function shortForm(text: string): ParsedPath {
  if (text.endsWith('/*')) return patternless(text.slice(0, -2) || '/');
  const isPattern = /\/[:*]|\*/.test(text);
  const problem = patternProblem(text);
  if (problem !== undefined) return { problem };
  return { kind: isPattern ? 'pattern' : 'exact', path: text };
}

/** A prefix in its short form. */
function patternless(prefix: string): ParsedPath {
  if (/\/[:*]|\*/.test(prefix)) {
    const problem = patternProblem(prefix) ?? 'must end in *rest instead of *, since it is a pattern';
    return { problem };
  }
  const problem = patternProblem(prefix);
  return problem === undefined ? prefixMatch(prefix) : { problem };
}

/** Without slashes at the end, except that of `/`. */
function prefixMatch(path: string): PathMatch {
  return { kind: 'prefix', path: withoutSlash(path) };
}

function longForm(kind: 'exact' | 'prefix' | 'pattern', path: string): ParsedPath {
  if (kind === 'pattern') {
    const problem = patternProblem(path);
    return problem === undefined ? { kind, path } : { problem };
  }
  const starred = path.endsWith('/*') ? `must be written without /*: a ${kind} path is compared as it is` : undefined;
  const problem = literalPathProblem(path) ?? starred;
  if (problem !== undefined) return { problem };
  return kind === 'exact' ? { kind, path } : prefixMatch(path);
}

const short = z.string(ALLOWED).transform((text, context): PathMatch => {
  return matchOf(shortForm(text), (message) => context.addIssue({ code: 'custom', message }));
});

const KINDS = ['exact', 'prefix', 'pattern'] as const;

const long = mapping({
  exact: optional(z.string(ALLOWED), 'This path and no other'),
  prefix: optional(z.string(ALLOWED), 'This path and all below it, by whole segments'),
  pattern: optional(z.string(ALLOWED), 'Paths with `:name` for one segment and `*name` at the end for one or more'),
}).transform((fields, context): PathMatch => {
  const given = KINDS.filter((kind) => fields[kind] !== undefined);
  // An unknown field is reported already.
  if (context.issues.length > 0) return z.NEVER;
  if (given.length !== 1) {
    context.addIssue({ code: 'custom', message: 'must have exactly one of exact, prefix, pattern' });
    return z.NEVER;
  }
  const [kind] = given;
  return matchOf(longForm(kind, fields[kind] ?? ''), (message) => {
    context.addIssue({ code: 'custom', message, path: [kind] });
  });
});

function matchOf(parsed: ParsedPath, report: (message: string) => void): PathMatch {
  if (!('problem' in parsed)) return parsed;
  report(parsed.problem);
  return z.NEVER;
}

/** Parsed into a {@link PathMatch}. */
export const pathSchema = z.union([short, long], ALLOWED);

/** A path of a redirect or a rewrite: nothing in it stands for anything else. */
export const literalPath = z.string('must be a path such as /new').transform((text, context) => {
  const problem = literalPathProblem(text);
  if (problem === undefined) return text;
  context.addIssue({ code: 'custom', message: problem });
  return z.NEVER;
});

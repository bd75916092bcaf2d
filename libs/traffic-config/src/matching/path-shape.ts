// Paths that a route matches as segments, and whether one set of paths contains another.
import type { PathMatch } from '../route-config.js';

/** A set of paths. */
export interface PathShape {
  /** Each a text, or undefined for any one that is not empty. */
  readonly segments: readonly (string | undefined)[];
  /** What may follow: nothing, something, or either. */
  readonly tail: 'none' | 'some' | 'any';
}

/** The set of paths that a path match stands for. */
export function pathShape(match: PathMatch): PathShape {
  if (match.kind === 'any') return { segments: [], tail: 'any' };
  const segments = match.path.split('/').slice(1);
  if (match.kind === 'exact') return { segments, tail: 'none' };
  if (match.kind === 'prefix') return { segments: match.path === '/' ? [] : segments, tail: 'any' };
  const hasRest = segments[segments.length - 1].startsWith('*');
  const fixed = hasRest ? segments.slice(0, -1) : segments;
  return {
    segments: fixed.map((segment) => (segment.startsWith(':') ? undefined : segment)),
    tail: hasRest ? 'some' : 'none',
  };
}

/** Whether `a` contains every path of `b`. */
export function covers(a: PathShape, b: PathShape): boolean {
  if (b.segments.length < a.segments.length) return false;
  const isCovered = (segment: string | undefined, i: number) =>
    segment === undefined ? b.segments[i] !== '' : segment === b.segments[i];
  if (!a.segments.every(isCovered)) return false;
  const rest = b.segments.slice(a.segments.length);
  if (a.tail === 'any') return true;
  if (a.tail === 'none') return rest.length === 0 && b.tail === 'none';
  // The rest of a path must not be empty: `/files/*rest` does not match `/files/`.
  return rest.length === 0 ? b.tail === 'some' : rest.length > 1 || rest[0] !== '' || b.tail === 'some';
}

/** Some paths of the set: the shortest, and one below it if there may be any. */
export function samplePaths({ segments, tail }: PathShape): readonly string[] {
  const shortest = `/${segments.map((segment) => segment ?? 'x').join('/')}`;
  const below = `${shortest === '/' ? '' : shortest}/x`;
  if (tail === 'none') return [shortest];
  return tail === 'some' ? [below] : [shortest, below];
}

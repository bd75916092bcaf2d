// Which of a schema's issues to report when there is room for one.

/** The part of a schema issue that locates it in the value. */
export interface LocatedIssue {
  readonly path?: readonly unknown[] | undefined;
}

/**
 * Returns the issue with the shortest path, the first of several; undefined if there is none. A misspelt field is
 * reported twice, as unknown in its object and as missing below it: the outer issue names the misspelling.
 */
export function outermostIssue<Issue extends LocatedIssue>(issues: readonly Issue[]): Issue | undefined {
  return issues.toSorted((a, b) => depthOf(a) - depthOf(b)).at(0);
}

function depthOf({ path }: LocatedIssue): number {
  return path?.length ?? 0;
}

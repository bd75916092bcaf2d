// What the exit codes of the commands mean. docs/cli.md has the same table.

/** The same as those of grep and diff. */
export const EXIT = {
  /** Done; valid, identical or healthy. */
  ok: 0,
  /** Problems, differences, or a fleet that is not healthy. */
  found: 1,
  /** Wrong usage, a file that cannot be read, a balancer that cannot be reached or refuses. */
  failed: 2,
} as const;

// What the exit codes of the commands mean.

/** The same as those of grep and diff. */
export const EXIT = {
  /** Valid, or identical. */
  ok: 0,
  /** Problems, or differences. */
  found: 1,
  /** Wrong usage, a file that cannot be read, a balancer that cannot be reached. */
  failed: 2,
} as const;

/** One of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

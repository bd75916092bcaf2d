// What the exit codes of the commands mean. docs/cli.md has the same table.

/** The first three are those of grep and diff; the others, of `join` only, those of timeout, docker run and the shells. */
export const EXIT = {
  /** Done; valid, identical or healthy. */
  ok: 0,
  /** Problems, differences, or a fleet that is not healthy. */
  found: 1,
  /** Wrong usage, a file that cannot be read, a balancer that cannot be reached or refuses. */
  failed: 2,
  /** Nothing answered on the port in time. */
  startTimeout: 124,
  /** The balancer refuses the backend, or another process has its port. */
  notJoined: 125,
  /** The command cannot be executed. */
  notExecutable: 126,
  /** There is no such command. */
  notFound: 127,
  /** Plus the number of the signal that ended the command. */
  signalBase: 128,
} as const;

// How many commands a Redis server executed, by INFO commandstats.

/** Commands that only balancers send; the others are executed by their scripts as well. */
const SENT = new Set([
  'evalsha',
  'eval',
  'script|load',
  'xread',
  'hello',
  'auth',
  'select',
  'client|setinfo',
  'ping',
  'publish',
]);

/** Calls by the name of the command, since the statistics were reset. */
export type CommandCounts = ReadonlyMap<string, number>;

/** Reads lines such as `cmdstat_evalsha:calls=12,usec=…`. */
export function parseCommandStats(text: string): CommandCounts {
  const lines = text.matchAll(/^cmdstat_([^:\r\n]+):calls=(\d+),/gm);
  return new Map([...lines].map(([, name, calls]) => [name, Number(calls)]));
}

/** All commands, those that scripts executed included, but not the one that reads or resets the statistics. */
export function executed(counts: CommandCounts): number {
  return sum(counts, (name) => !/^(info|config\|resetstat)$/.test(name));
}

/** Those that came over connections, at least: a command that scripts execute as well is not counted. */
export function sent(counts: CommandCounts): number {
  return sum(counts, (name) => SENT.has(name));
}

function sum(counts: CommandCounts, isCounted: (name: string) => boolean): number {
  return [...counts].reduce((total, [name, calls]) => total + (isCounted(name) ? calls : 0), 0);
}

// How a balancer is started: what each of the three says of itself.
import type { BalancerName, BalancerOptions } from '../scenario.ts';

/** Where a balancer is to stand. */
export interface Site {
  readonly port: number;
  /** Fairlead's control plane. */
  readonly controlPort: number;
  /** An empty folder for its files. */
  readonly folder: string;
  /** Fairlead's variables of `--set`. */
  readonly variables: Readonly<Record<string, string>>;
}

/** A balancer's way to be started, and to be replaced by a new one. */
export interface Launch {
  readonly name: BalancerName;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** By name, written to the folder before. */
  readonly files: Readonly<Record<string, string>>;
  /** What it says on its output when all of it listens; undefined: when it answers at all. */
  readonly listening: string | undefined;
  readonly reloadSignal: NodeJS.Signals;
  /** What it says on its output when a reload is over; undefined: its processes of before have ended then. */
  readonly reloaded: string | undefined;
}

export type Launcher = (site: Site, options: BalancerOptions) => Launch;

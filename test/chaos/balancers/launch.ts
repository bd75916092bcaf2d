// How a balancer is started: the interface that each of the three implements.
import type { BalancerName, BalancerOptions } from '../scenario.ts';

/** Fairlead's TLS port, and its certificate. */
export interface SecureSite {
  readonly port: number;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** Ports and folder of a balancer. */
export interface Site {
  readonly port: number;
  /** Fairlead's control plane. */
  readonly controlPort: number;
  /** An empty folder for its files. */
  readonly folder: string;
  /** Fairlead's variables of `--set`. */
  readonly variables: Readonly<Record<string, string>>;
  /** Undefined where clients speak plain HTTP. */
  readonly tls: SecureSite | undefined;
}

/** The commands and messages by which a balancer is started and reloaded. */
export interface Launch {
  readonly name: BalancerName;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** By name, written to the folder before. */
  readonly files: Readonly<Record<string, string>>;
  /** Its output when all ports listen; undefined: it is ready once a port accepts. */
  readonly listening: string | undefined;
  readonly reloadSignal: NodeJS.Signals;
  /** Its output when a reload is complete; undefined: complete once the previous processes have ended. */
  readonly reloaded: string | undefined;
}

export type Launcher = (site: Site, options: BalancerOptions) => Launch;

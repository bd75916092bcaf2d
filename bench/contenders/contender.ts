// A contender of a benchmark: a name, a program, and how to start the program with a fleet of backends.

/** Programs that a benchmark runs: Fairlead, Debian packages and npm packages. */
export type Program = 'fairlead' | 'nginx' | 'haproxy' | 'caddy' | 'wrk' | 'http-proxy-middleware' | '@nestjs/core';

/** A backend that all contenders share. */
export interface BackendAddress {
  readonly id: string;
  readonly port: number;
  /** Compute and storage, units per second. */
  readonly capacity: readonly number[];
  /** Whether the contender is not told the capacity. */
  readonly isUndeclared?: boolean;
}

/** The TLS port, and the files of its certificate in PEM. */
export interface SecurePlace {
  readonly port: number;
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Certificate and key in one file, as HAProxy needs them. */
  readonly bundleFile: string;
}

/** The ports, folder and backends a contender is given. */
export interface Place {
  /** The port it must listen on, on 127.0.0.1. */
  readonly port: number;
  /** A second free port, for contenders that need one. */
  readonly controlPort: number;
  /** Undefined where nothing is measured with TLS. */
  readonly tls?: SecurePlace | undefined;
  /** A folder of its own, empty. */
  readonly folder: string;
  readonly backends: readonly BackendAddress[];
}

/** How a program is started. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Files that must exist in its folder before it starts: contents by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** Registers the backends once it listens. */
  readonly registerBackends?: () => Promise<void>;
}

export interface Contender {
  /** Name for the flag `--contender`. */
  readonly name: string;
  /** Name in the tables. */
  readonly title: string;
  readonly program: Program;
  readonly launch: (place: Place) => Launch;
}

/** The same contender, which is told nothing of the capacity of backends. */
export function undeclared(contender: Contender, name: string, title: string): Contender {
  return {
    ...contender,
    name,
    title,
    launch: (place) => {
      const backends = place.backends.map((backend) => ({ ...backend, isUndeclared: true }));
      return contender.launch({ ...place, backends });
    },
  };
}

/** The capacity of a backend as one number, for balancers with scalar weights: the sum over its resources; 1 when it is not told. */
export function weightOf({ capacity, isUndeclared }: BackendAddress, fleet: readonly BackendAddress[]): number {
  if (isUndeclared === true) return 1;
  const sum = (units: readonly number[]) => units.reduce((total, each) => total + each, 0);
  const largest = Math.max(...fleet.map((backend) => sum(backend.capacity)));
  return Math.max(1, Math.round((HEAVIEST * sum(capacity)) / largest));
}

/** 256 is the largest weight HAProxy accepts. */
const HEAVIEST = 200;

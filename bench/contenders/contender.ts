// What a contender of a benchmark is: a name, a program, and how the program is started before a fleet.

/** Programs that a benchmark runs: Fairlead, Debian's, and packages of npm. */
export type Program = 'fairlead' | 'nginx' | 'haproxy' | 'caddy' | 'wrk' | 'http-proxy-middleware' | '@nestjs/core';

/** A backend that all contenders share. */
export interface BackendAddress {
  readonly id: string;
  readonly port: number;
  /** Compute and storage, units per second. */
  readonly capacity: readonly number[];
}

/** Where a contender is to stand. */
export interface Place {
  /** Where it must take requests, on 127.0.0.1. */
  readonly port: number;
  /** A second free port, for those that want one. */
  readonly controlPort: number;
  /** A folder of its own, empty. */
  readonly folder: string;
  readonly backends: readonly BackendAddress[];
}

/** How a program is started. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Files that must stand in its folder before, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** What has to be told to it once it listens. */
  readonly introduce?: () => Promise<void>;
}

export interface Contender {
  /** As the flag `--contender` knows it. */
  readonly name: string;
  /** As the tables know it. */
  readonly title: string;
  readonly program: Program;
  readonly launch: (place: Place) => Launch;
}

/** What a balancer that knows one number per backend is told of its capacity: the sum, the same for all that have weights. */
export function weightOf({ capacity }: BackendAddress, fleet: readonly BackendAddress[]): number {
  const sum = (units: readonly number[]) => units.reduce((total, each) => total + each, 0);
  const largest = Math.max(...fleet.map((backend) => sum(backend.capacity)));
  return Math.max(1, Math.round((HEAVIEST * sum(capacity)) / largest));
}

/** HAProxy's weights end at 256. */
const HEAVIEST = 200;

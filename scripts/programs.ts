// The programs that tests run besides Node, and the Debian package of each. A test or a chaos scenario names the
// programs it needs; `node scripts/programs.ts` prints the packages of the missing ones, which `.ci/run` installs.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian packages by program. */
const PACKAGES = {
  /** Drives the dashboard's page. */
  chromium: 'chromium',
  /** Sends the requests that the README shows. */
  curl: 'curl',
  /** Sets the clock of a process. */
  faketime: 'faketime',
  /** Makes the network namespaces in which packets are dropped. */
  ip: 'iproute2',
  /** Runs one of the examples. */
  python3: 'python3',
  /** Keeps the registry of several balancers. */
  'redis-server': 'redis-server',
  /** Checks the metrics. Its package also has the Prometheus server, which only systemd would start. */
  promtool: 'prometheus',
  /** Stands in front of several balancers; also compared with Fairlead, as nginx is, by `npm run test:chaos -- --peers`. */
  haproxy: 'haproxy',
  /** No test needs it. */
  nginx: 'nginx-light',
} as const;

export type Program = keyof typeof PACKAGES;

const NEEDED_BY_TESTS: readonly Program[] = [
  'chromium',
  'curl',
  'faketime',
  'haproxy',
  'ip',
  'promtool',
  'python3',
  'redis-server',
];

/** Returns the path of a program; undefined when it is not on the PATH. */
export function pathOf(program: Program, path = process.env.PATH ?? ''): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find(isExecutable);
}

/** Returns the programs that are not installed. */
export function missingOf(programs: readonly Program[], path = process.env.PATH): Program[] {
  return programs.filter((program) => pathOf(program, path) === undefined);
}

/** The command that installs these programs on Debian. */
export function installCommand(programs: readonly Program[]): string {
  return `sudo apt-get install ${packagesOf(programs).join(' ')}`;
}

/** The error of a test that cannot run without these programs. */
export function missingMessage(programs: readonly Program[]): string {
  return `${programs.join(', ')} not found on the PATH: ${installCommand(programs)}`;
}

/** Whether a missing program is a failure, as in CI, where all of them are installed. Otherwise its tests are skipped. */
export function areProgramsRequired(): boolean {
  return Boolean(process.env.FAIRLEAD_REQUIRE_PROGRAMS);
}

function packagesOf(programs: readonly Program[]): string[] {
  return [...new Set(programs.map((program) => PACKAGES[program]))].sort();
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

if (import.meta.main)
  process.stdout.write(
    packagesOf(missingOf(NEEDED_BY_TESTS))
      .map((name) => `${name}\n`)
      .join(''),
  );

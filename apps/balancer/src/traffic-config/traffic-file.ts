// The configuration file: which one it is, and what it contains. Without one, the configuration comes from the
// environment variables.
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigurationError, FileError, readSmallFile, type Environment } from '@fairlead/configuration';
import { parseTraffic, problemText, trafficWarnings, type TrafficConfig } from '@fairlead/traffic-config';
import { Inject, Injectable } from '@nestjs/common';
import { balancerConfig, type BalancerConfig } from '../config/balancer.config.js';
import { processEnvironment } from '../config/process-environment.js';
import { BackendAccess } from '../net/backend-access.js';
import { backendProblems } from './backend-problems.js';
import { defaultsOf, trafficWithoutFile } from './variable-defaults.js';

/** Read from the working directory where no other file is named. */
const DEFAULT_FILE = 'fairlead.yaml';

/** What a valid document says. */
export interface ValidReading {
  readonly traffic: TrafficConfig;
  /** What is probably not meant. */
  readonly warnings: readonly string[];
  /** The values of variables and secret files in it. */
  readonly secrets: ReadonlySet<string>;
}

/** What a document says, or what is wrong with it: a sentence for each problem. */
export type TrafficReading = ValidReading | { readonly problems: readonly string[] };

/** Where the secrets of a document come from. */
export interface SecretSource {
  readonly environment: Environment;
  /** Returns the text of a file. A relative path is one from the folder of the document. @throws {Error} that says why it cannot. */
  readonly readFile: (path: string) => string;
}

@Injectable()
export class TrafficFile {
  /** As it was named; undefined if there is none. Does not change. */
  readonly path: string | undefined;
  private readPaths: readonly string[] = [];
  private lastValid: ValidReading;

  constructor(
    private readonly access: BackendAccess,
    @Inject(balancerConfig.KEY) private readonly config: BalancerConfig,
  ) {
    this.path = config.FAIRLEAD_CONFIG ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined);
    this.lastValid = { traffic: trafficWithoutFile(config), warnings: [], secrets: new Set() };
  }

  /** The file and those that it names, as of the last time it was read. */
  get paths(): readonly string[] {
    return this.readPaths;
  }

  /** The variables of this process, and the files of this machine: a relative path is one from the folder of the file. */
  get secrets(): SecretSource {
    return { environment: processEnvironment(), readFile: (named) => readSmallFile(this.pathOf(named)) };
  }

  /** What it said when it was valid the last time. */
  get loaded(): ValidReading {
    return this.lastValid;
  }

  /** Reads the file as it is now. */
  read(): TrafficReading {
    const reading = this.path === undefined ? this.lastValid : this.readFrom(this.path);
    if ('traffic' in reading) this.lastValid = reading;
    return reading;
  }

  /** Reads the file at the start. @throws {ConfigurationError} with its problems. */
  require(): TrafficConfig {
    const reading = this.read();
    if ('problems' in reading) throw new ConfigurationError(reading.problems);
    return reading.traffic;
  }

  /** What a document would say in place of the file. `file` names it in problems. */
  parse(document: string, file: string, { environment, readFile }: SecretSource): TrafficReading {
    const { access, config } = this;
    const resourceNames = config.RESOURCES.names;
    const options = { file, defaults: defaultsOf(config), resourceNames, environment, readFile };
    const parsed = parseTraffic(document, options);
    if (parsed.kind === 'invalid') return { problems: parsed.problems.map(problemText) };
    const problems = backendProblems(parsed.traffic, access, config).map((problem) => `${file}: ${problem}`);
    if (problems.length > 0) return { problems };
    const { traffic, secrets } = parsed;
    return { traffic, warnings: trafficWarnings(traffic), secrets };
  }

  private pathOf(named: string): string {
    return resolve(dirname(this.path ?? DEFAULT_FILE), named);
  }

  private readFrom(path: string): TrafficReading {
    const paths = new Set([path]);
    const readFile = (named: string) => {
      paths.add(this.pathOf(named));
      return this.secrets.readFile(named);
    };
    try {
      const document = readSmallFile(path);
      return this.parse(document, path, { ...this.secrets, readFile });
    } catch (error) {
      // Also an error that should not be: what is in the file must not end the process.
      const verb = error instanceof FileError ? 'read' : 'parsed';
      return { problems: [`${path} cannot be ${verb}: ${(error as Error).message}`] };
    } finally {
      this.readPaths = [...paths];
    }
  }
}

// Reloads the configuration file: when it or a file that it names has changed, on SIGHUP, and on request. A valid one is
// put in force as a whole; with an invalid one, everything stays as it is.
import { isDeepStrictEqual } from 'node:util';
import { trafficChanges } from '@fairlead/traffic-config';
import { WatchedFiles } from '@fairlead/watched-files';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { EventLog, type Actor } from '../../registry/event-log.js';
import { RegistryService } from '../../registry/registry.service.js';
import { CurrentTraffic } from '../../traffic-config/current-traffic.js';
import { ReloadStatus, type ReloadResult } from '../../traffic-config/reload-status.js';
import { TrafficFile, type TrafficReading } from '../../traffic-config/traffic-file.js';

/** A change is in force after two checks of the file: one notices it, and one that it is over. */
const CHECK_INTERVAL_MS = 250;
/** An event has room for a few sentences. The log and the API have all. */
const MAX_SENTENCES = 5;

/** What a reload came to. */
interface ReloadOutcome {
  readonly result: ReloadResult;
  /** A sentence for each difference. */
  readonly changes: readonly string[];
  readonly warnings: readonly string[];
  readonly problems: readonly string[];
}

@Injectable()
export class ConfigurationReloads implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Configuration');
  private readonly watched: WatchedFiles;

  constructor(
    private readonly file: TrafficFile,
    private readonly current: CurrentTraffic,
    private readonly registry: RegistryService,
    private readonly events: EventLog,
    private readonly status: ReloadStatus,
  ) {
    this.watched = new WatchedFiles(
      () => this.file.paths,
      () => this.onFileChange(),
      CHECK_INTERVAL_MS,
    );
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.file.path !== undefined) await this.watched.start();
  }

  onModuleDestroy(): void {
    this.watched.stop();
  }

  /**
   * Reads the file and puts in force what it says. Resolves when every thread serves by it, at the latest after a second.
   *
   * @param actor who asked for it; undefined: no caller of the control plane.
   */
  async reload(actor?: Actor): Promise<ReloadOutcome> {
    const outcome = this.apply(this.file.read(), actor);
    await this.registry.acknowledgement.whenAcknowledged();
    return outcome;
  }

  /** SIGHUP. */
  async reloadOnSignal(): Promise<void> {
    if (this.file.path === undefined) this.logger.warn('SIGHUP: there is no configuration file to reload');
    else await this.reload();
  }

  /** Another file may have changed, or one that is invalid be invalid in the same way: neither is a reload. */
  private onFileChange(): void {
    const reading = this.file.read();
    const isKnown =
      'problems' in reading
        ? isDeepStrictEqual(reading.problems, this.status.problems)
        : this.status.problems.length === 0 && isDeepStrictEqual(reading.traffic, this.current.config);
    if (isKnown) return;
    this.apply(reading);
  }

  private apply(reading: TrafficReading, actor?: Actor): ReloadOutcome {
    if ('problems' in reading) return this.reject(reading.problems, actor);
    const { traffic, warnings } = reading;
    const before = this.current.config;
    if (isDeepStrictEqual(before, traffic)) {
      this.status.record('unchanged');
      this.logger.log(`${this.file.path} is valid, and says what is in force already`);
      return { result: 'unchanged', changes: [], warnings, problems: [] };
    }
    const changes = trafficChanges(before, traffic);
    this.status.record('changed');
    const evidence = { version: this.status.version };
    this.events.recordFleetEvent('configuration-changed', summaryOf(changes), evidence, actor);
    this.logger.log({ changes, warnings }, `${this.file.path} is in force as version ${this.status.version}`);
    // What follows for backends was asked for by the same caller.
    this.events.attributeTo(actor, () => this.current.replace(traffic));
    return { result: 'changed', changes, warnings, problems: [] };
  }

  private reject(problems: readonly string[], actor: Actor | undefined): ReloadOutcome {
    this.status.record('rejected', problems);
    const reason = `${summaryOf(problems)}; what was loaded before remains in force`;
    this.events.recordFleetEvent('configuration-rejected', reason, { problems: problems.length }, actor);
    this.logger.warn({ problems }, `${this.file.path} is invalid: what was loaded before remains in force`);
    return { result: 'rejected', changes: [], warnings: [], problems };
  }
}

function summaryOf(sentences: readonly string[]): string {
  const more = sentences.length - MAX_SENTENCES;
  return [...sentences.slice(0, MAX_SENTENCES), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

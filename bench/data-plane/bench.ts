// Order of the benchmark: all contenders are started and checked, then they take turns in each case and round.
import { join } from 'node:path';
import { issueCertificate } from '../contenders/certificate.js';
import type { BackendAddress } from '../contenders/contender.js';
import { progressBar } from '../contenders/progress.js';
import type { Backends } from './backends/backends.js';
import { startNginx } from './backends/nginx.js';
import { unknownVariables } from './build.js';
import { CASES, USUAL_CASE, type Case } from './cases.js';
import { hasFootprintOfItsOwn, takesPart, type Entry } from './contenders.js';
import { footprint } from './footprint.js';
import type { BenchOptions } from './options.js';
import { Results } from './results.js';
import { start, type Certificate, type Running, type Setting } from './running.js';
import { turn, warmUp } from './turn.js';
import { validate } from './validation.js';

export class Bench {
  readonly results: Results;
  private readonly running: Running[] = [];
  private readonly bar = progressBar();
  private certificate: Certificate | undefined;

  constructor(
    private readonly options: BenchOptions,
    private readonly folder: string,
  ) {
    this.results = new Results(options.cases, options.contenders);
  }

  /** Measures everything. A contender that fails is recorded and left out from then on. Does not stop the processes. */
  async run(): Promise<void> {
    const { cases, rounds, hasFootprint } = this.options;
    const backends = await startNginx(join(this.folder, 'backends'));
    if (cases.some(({ isSecure }) => isSecure) || hasFootprint) this.certificate = await issueCertificate(this.folder);
    const entries = await this.available();
    const measured = hasFootprint ? entries.filter(hasFootprintOfItsOwn) : [];
    const turns = cases.flatMap((each) => entries.filter((entry) => takesPart(entry, each))).length * rounds;
    this.bar.start(turns + measured.length + entries.length, 0, { doing: '' });
    try {
      for (const entry of measured) await this.footprintOf(entry, backends);
      for (const entry of entries) await this.admit(entry, backends);
      for (const each of cases) await this.measure(each, backends);
    } finally {
      this.bar.stop();
    }
  }

  /** The contenders that this build supports. */
  private async available(): Promise<Entry[]> {
    const unknown = await unknownVariables(this.options.contenders);
    return this.options.contenders.filter(({ title, needs = [] }) => {
      const missing = needs.filter((variable) => unknown.has(variable));
      if (missing.length === 0) return true;
      this.results.absences.push({ title, why: `this build does not support ${missing.join(', ')}`, isFailure: false });
      return false;
    });
  }

  private async footprintOf(entry: Entry, { addresses }: Backends): Promise<void> {
    this.bar.update({ doing: `start-up and memory: ${entry.title}` });
    await this.orNote(entry, 'start-up and memory', async () => {
      this.results.footprints.push(await footprint(entry, this.settingOf(entry, addresses), this.options.starts));
    });
    this.bar.increment();
  }

  /** Starts a contender, checks that it responds correctly, and warms it up. */
  private async admit(entry: Entry, { addresses }: Backends): Promise<void> {
    this.bar.update({ doing: `checking responses of ${entry.title}` });
    const ports = addresses.map(({ port }) => port);
    const cases = this.options.cases.filter((each) => takesPart(entry, each));
    const usual = CASES.find(({ name }) => name === USUAL_CASE)!;
    await this.orNote(entry, 'validation', async () => {
      const running = await start(entry, this.settingOf(entry, addresses));
      try {
        await validate(running.port, ports, cases);
        if (cases.length > 0) await warmUp(running, usual, { folder: this.folder });
        this.running.push(running);
      } catch (error) {
        await running.process.stop();
        throw error;
      }
    });
    this.bar.increment();
  }

  private async measure(each: Case, backends: Backends): Promise<void> {
    const { rounds, seconds, warmUpSeconds } = this.options;
    const course = { backends, folder: this.folder, seconds, warmUpSeconds };
    for (let round = 1; round <= rounds; round++) {
      for (const running of this.running.filter(({ entry }) => takesPart(entry, each))) {
        this.bar.update({ doing: `${each.title}, round ${round}: ${running.entry.title}` });
        const went = await this.orNote(running.entry, each.title, async () => {
          this.results.samples.push(await turn(running, each, round, course));
        });
        if (!went) await this.dismiss(running);
        this.bar.increment();
      }
    }
  }

  private async dismiss(running: Running): Promise<void> {
    this.running.splice(this.running.indexOf(running), 1);
    await running.process.stop();
  }

  /** Returns whether it succeeded, and records a failure. */
  private async orNote({ title }: Entry, where: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.results.absences.push({ title, why: `${where}: ${(error as Error).message}`, isFailure: true });
      return false;
    }
  }

  private settingOf({ name }: Entry, backends: readonly BackendAddress[]): Setting {
    return { backends, folder: join(this.folder, name), certificate: this.certificate };
  }
}

// Compares two builds: both must respond correctly, then they are started in turn, then they serve in turn. Every round
// starts new processes: two processes of the same build differ slightly, because V8 optimises hot code by the types
// seen so far, and the interval would not include that difference if one process served all rounds.
import { join } from 'node:path';
import { issueCertificate } from '../../contenders/certificate.js';
import { progressBar } from '../../contenders/progress.js';
import { startPlain } from '../backends/plain.js';
import type { Backends } from '../backends/backends.js';
import { unknownVariables } from '../build.js';
import type { Case } from '../cases.js';
import { hasFootprintOfItsOwn, takesPart, type Entry } from '../contenders.js';
import type { BenchOptions } from '../options.js';
import { Results } from '../results.js';
import { start, type Certificate, type Running } from '../running.js';
import { validate } from '../validation.js';
import type { Checkout } from './checkout.js';
import { inTurn, pairOf, type Pair, type Side } from './pair.js';
import { sideBySide } from './side-by-side.js';

/** The duration of a start. */
export interface StartSample {
  readonly contender: string;
  readonly round: number;
  /** From start to ready. */
  readonly readyMs: number;
}

export class Comparison {
  readonly pairs: readonly Pair[];
  readonly results: Results;
  readonly starts: StartSample[] = [];
  private readonly bar = progressBar();
  private certificate: Certificate | undefined;

  constructor(
    private readonly options: BenchOptions,
    private readonly own: Checkout,
    private readonly other: Checkout,
    private readonly folder: string,
  ) {
    this.pairs = options.contenders.map((entry) => pairOf(entry, own, other));
    this.results = new Results(
      options.cases,
      this.pairs.flatMap((pair) => [pair.own.entry, pair.other.entry]),
    );
  }

  /** Measures everything. The backends run until `stopAll`. @throws {Error} naming the build that failed. */
  async run(): Promise<void> {
    const pairs = await this.comparable();
    const backends = await startPlain();
    const { cases, rounds, starts, hasFootprint } = this.options;
    if (cases.some(({ isSecure }) => isSecure)) this.certificate = await issueCertificate(this.folder);
    const starting = hasFootprint ? pairs.filter(({ own }) => hasFootprintOfItsOwn(own.entry)) : [];
    const serving = cases.flatMap((each) => pairs.filter(({ own }) => takesPart(own.entry, each)));
    this.bar.start(2 * (pairs.length + starting.length * starts + serving.length * rounds), 0, { doing: '' });
    try {
      for (const pair of pairs) await this.check(pair, backends);
      for (const pair of starting) await this.measureStarts(pair, backends);
      for (const each of cases) {
        for (const pair of pairs.filter(({ own }) => takesPart(own.entry, each))) {
          await this.measureTurns(pair, each, backends);
        }
      }
    } finally {
      this.bar.stop();
    }
  }

  /** The pairs whose variables both builds support; the others are recorded. @throws {Error} when there is none. */
  private async comparable(): Promise<readonly Pair[]> {
    const entries = this.options.contenders;
    const unknown: (readonly [string, Set<string>])[] = [];
    for (const { folder, balancer } of [this.own, this.other]) {
      unknown.push([folder, await naming(`the build in ${folder}`, () => unknownVariables(entries, balancer))]);
    }
    const lacks = ({ needs = [] }: Entry) =>
      unknown.flatMap(([folder, variables]) => {
        const missing = needs.filter((variable) => variables.has(variable));
        return missing.length === 0 ? [] : [`the build in ${folder} does not support ${missing.join(', ')}`];
      });
    const pairs = this.pairs.filter(({ own }) => {
      const [why] = lacks(own.entry);
      if (why !== undefined) this.results.absences.push({ title: own.entry.title, why, isFailure: false });
      return why === undefined;
    });
    if (pairs.length === 0) throw new Error('no selected contender is supported by both builds');
    return pairs;
  }

  /** Both must respond correctly. They also fill the compile cache on disk, so that all later starts find it. */
  private async check(pair: Pair, backends: Backends): Promise<void> {
    const ports = backends.addresses.map(({ port }) => port);
    const cases = this.options.cases.filter((each) => takesPart(pair.own.entry, each));
    for (const side of [pair.own, pair.other]) {
      await this.withProcess(side, backends, 'validation', ({ port }) => validate(port, ports, cases));
    }
  }

  private async measureStarts(pair: Pair, backends: Backends): Promise<void> {
    for (let round = 1; round <= this.options.starts; round++) {
      for (const side of inTurn(pair, round)) {
        await this.withProcess(side, backends, `start ${round}`, async ({ entry, readyMs }) => {
          this.starts.push({ contender: entry.name, round, readyMs });
        });
      }
    }
  }

  private async measureTurns(pair: Pair, each: Case, backends: Backends): Promise<void> {
    const { rounds, seconds, warmUpSeconds } = this.options;
    const course = { backends, folder: this.folder, seconds, warmUpSeconds };
    for (let round = 1; round <= rounds; round++) {
      const [first, second] = inTurn(pair, round);
      const what = `${each.title}, round ${round}`;
      await this.withProcess(first, backends, what, (one) =>
        this.withProcess(second, backends, what, async (other) => {
          this.results.samples.push(...(await sideBySide([one, other], each, round, course)));
        }),
      );
    }
  }

  /** Starts a build, runs the callback with it, and stops it. */
  private async withProcess(
    { entry, folder }: Side,
    { addresses }: Backends,
    what: string,
    work: (running: Running) => Promise<void>,
  ): Promise<void> {
    this.bar.update({ doing: `${what}: ${entry.title} in ${folder}` });
    await naming(`the build in ${folder} (${entry.title}; ${what})`, async () => {
      const setting = { backends: addresses, folder: join(this.folder, entry.name), certificate: this.certificate };
      const running = await start(entry, setting);
      try {
        await work(running);
      } finally {
        await running.process.stop();
      }
    });
    this.bar.increment();
  }
}

/** Runs the callback. @throws {Error} whose message starts with what failed. */
async function naming<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`${what} failed: ${(error as Error).message}`, { cause: error });
  }
}

// The harness's handle of a backend: starts, configures, pauses, kills and restarts it, and reads its journal.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { monotonicMs } from '../clock.ts';
import { ChaosProcess } from '../processes.ts';
import type { Behaviour, ChaosBackend, Execution, Leave, LeaveOptions } from '../scenario.ts';
import { SETTINGS_VARIABLE, type BackendSettings, type Order, type Word } from './settings.ts';

const PROGRAM = fileURLToPath(new URL('program.ts', import.meta.url));

export class BackendProcess implements ChaosBackend {
  private process: ChaosProcess;
  private readonly settings: BackendSettings;
  private readonly prefix: readonly string[];

  private constructor(settings: BackendSettings, prefix: readonly string[]) {
    this.settings = settings;
    this.prefix = prefix;
    this.process = this.spawn();
  }

  /** It listens when this resolves. */
  static async start(settings: BackendSettings, prefix: readonly string[] = []): Promise<BackendProcess> {
    const backend = new BackendProcess(settings, prefix);
    await backend.process.listening(settings.port);
    return backend;
  }

  get id(): string {
    return this.settings.id;
  }

  get port(): number {
    return this.settings.port;
  }

  get pid(): number {
    return this.process.pid;
  }

  journal(): readonly Execution[] {
    if (!existsSync(this.settings.journal)) return [];
    return readJournal(this.id, readFileSync(this.settings.journal, 'utf8'));
  }

  async behave(behaviour: Behaviour): Promise<void> {
    const behaving = this.process.message((word) => ((word as Word) === 'behaving' ? true : undefined));
    this.process.tell({ behave: behaviour } satisfies Order);
    await behaving;
  }

  async kill(): Promise<{ readonly atMs: number; readonly deadMs: number }> {
    const atMs = monotonicMs();
    await this.process.stop('SIGKILL');
    return { atMs, deadMs: monotonicMs() };
  }

  pause(): void {
    this.process.signal('SIGSTOP');
  }

  resume(): void {
    this.process.signal('SIGCONT');
  }

  async start(): Promise<void> {
    if (!this.process.hasEnded) throw new Error(`${this.id} still runs`);
    this.process = this.spawn();
    await this.process.listening(this.port);
  }

  async leave(options: LeaveOptions = {}): Promise<Leave> {
    const { child } = this.process;
    const left = this.process.message((word) =>
      typeof word === 'object' ? (word as Exclude<Word, string>).left : undefined,
    );
    this.process.tell({ leave: options } satisfies Order);
    const times = await left;
    if (!options.staysUp && child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
    return times;
  }

  private spawn(): ChaosProcess {
    return new ChaosProcess(this.settings.id, [...this.prefix, process.execPath, PROGRAM], {
      env: { [SETTINGS_VARIABLE]: JSON.stringify(this.settings) },
      hasMessages: true,
    });
  }
}

/** A line for each start of an execution and for each end, in order; a life may end between the two. */
export function readJournal(backend: string, text: string): Execution[] {
  const executions: (Execution & { endedMs: number | undefined })[] = [];
  const open = new Map<string, { endedMs: number | undefined }>();
  for (const line of text.split('\n')) {
    const [what, id, method, at] = line.split(' ');
    if (at === undefined) continue;
    if (what === 'S') {
      const execution = { backend, id, method, startedMs: Number(at), endedMs: undefined };
      executions.push(execution);
      open.set(id, execution);
    } else {
      const execution = open.get(id);
      if (execution) execution.endedMs = Number(at);
    }
  }
  return executions;
}

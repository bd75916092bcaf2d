// How the reloads of the configuration file went, for metrics and the API.
import { Injectable } from '@nestjs/common';

/** What a reload came to. `unchanged`: the file says what was in force already. */
const RELOAD_RESULTS = ['changed', 'unchanged', 'rejected'] as const;

/** One of {@link RELOAD_RESULTS}. */
export type ReloadResult = (typeof RELOAD_RESULTS)[number];

/** Counts reloads. The configuration of the start is version 1. */
@Injectable()
export class ReloadStatus {
  /** Grows with each configuration that is put in force. */
  version = 1;
  /** When the configuration in force was put in force. */
  since = new Date();
  /** What is wrong with the file since the last reload; empty if that succeeded. */
  problems: readonly string[] = [];
  private readonly counted = new Map<ReloadResult, number>(RELOAD_RESULTS.map((result) => [result, 0]));

  /** Reloads since the start by result. */
  get counts(): ReadonlyMap<ReloadResult, number> {
    return this.counted;
  }

  /** Counts a reload. */
  record(result: ReloadResult, problems: readonly string[] = []): void {
    this.counted.set(result, (this.counted.get(result) ?? 0) + 1);
    this.problems = problems;
    if (result !== 'changed') return;
    this.version++;
    this.since = new Date();
  }
}

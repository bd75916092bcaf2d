// One measurement of the benchmark, which may be made in another thread than the one that keeps its result.

export interface Run<Result = unknown> {
  readonly title: string;
  /** Takes long. Returns what can be sent to another thread. */
  measure(): Result;
  keep(result: Result): void;
}

/** Makes a run; its result has one type. */
export function runOf<Result>(title: string, measure: () => Result, keep: (result: Result) => void): Run<Result> {
  return { title, measure, keep };
}

// The accounts of a scenario, pure: what was lost, executed twice or wrong, and the longest time without a response.
import type { Execution, Outcome, RequestRecord } from './scenario.ts';

/** The figures that every scenario has. */
export type Account = Omit<Outcome, 'passed' | 'detail'>;

export interface AccountRules {
  /** What counts as a correct response; by default 200 with the request's own body, whole. */
  readonly isRight?: (record: RequestRecord) => boolean;
  /** Requests that may be left without a correct response. */
  readonly isExcused?: (record: RequestRecord) => boolean;
}

/** Sums up the records of the client and the backends. */
export function accountOf(
  records: readonly RequestRecord[],
  executions: readonly Execution[],
  { isRight = isServed, isExcused = () => false }: AccountRules = {},
): Account {
  const wrong = records.filter(isWrong);
  return {
    requests: records.length,
    lost: records.filter((record) => !isRight(record) && !isWrong(record) && !isExcused(record)).length,
    duplicated: executedTwice(executions).length,
    wrong: wrong.length,
    longestGapMs: longestGapMs(records, isRight),
  };
}

/** Status 200 with the complete body of this request. */
export function isServed({ status, isOwnBody, error }: RequestRecord): boolean {
  return status === 200 && isOwnBody && error === undefined;
}

/** Refused because no backend could take the request, which was not sent. */
export function isTurnedAway({ status, retryAfter, error }: RequestRecord): boolean {
  return status === 503 && retryAfter !== undefined && error === undefined;
}

/** Seemed correct but was not: the body of another request, or an incomplete one. */
function isWrong({ status, isOwnBody, error }: RequestRecord): boolean {
  return status === 200 && !isOwnBody && error === undefined;
}

/** Ids of requests that must not be repeated (RFC 9110 §9.2.2) and were executed more than once. */
export function executedTwice(executions: readonly Execution[]): string[] {
  const times = new Map<string, number>();
  for (const { id, method } of executions) {
    if (method === 'POST') times.set(id, (times.get(id) ?? 0) + 1);
  }
  return [...times].filter(([, count]) => count > 1).map(([id]) => id);
}

/**
 * The longest time without a correct response, from when the first request was due to when the last one was. Later
 * responses are left out, because no other response could have come in between.
 */
export function longestGapMs(records: readonly RequestRecord[], isRight: (record: RequestRecord) => boolean): number {
  const due = records.map(({ dueMs }) => dueMs).sort((a, b) => a - b);
  if (due.length === 0) return 0;
  const [firstMs] = due;
  const lastMs = due[due.length - 1];
  const ends = records.filter((record) => isRight(record) && record.endedMs < lastMs).map(({ endedMs }) => endedMs);
  const marks = [firstMs, ...ends.sort((a, b) => a - b), lastMs];
  return marks.reduce((longest, mark, index) => Math.max(longest, mark - (marks[index - 1] ?? mark)), 0);
}

/** Measured from the time the request was due, so waiting for a connection is included. */
export function latencyMs({ dueMs, endedMs }: RequestRecord): number {
  return endedMs - dueMs;
}

/** The quantile by nearest rank; 0 without values. */
export function quantile(values: readonly number[], part: number): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
}

/** How often each kind of failure occurred, as `3 × 502, 1 × ECONNRESET`; empty when there was none. */
export function failures(records: readonly RequestRecord[]): string {
  const counts = new Map<string, number>();
  for (const record of records) {
    const kind = kindOf(record);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${count} × ${kind}`).join(', ');
}

function kindOf(record: RequestRecord): string {
  if (isWrong(record)) return '200 with a wrong body';
  const { status, error } = record;
  if (error === undefined) return String(status);
  return status === 0 ? error : `${status} broken off`;
}

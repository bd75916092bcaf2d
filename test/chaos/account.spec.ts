import { describe, expect, it } from 'vitest';
import { accountOf, executedTwice, failures, isServed, longestGapMs, quantile } from './account.js';
import { readJournal } from './backend/chaos-backend.js';
import type { Execution, RequestRecord } from './scenario.js';

/** A request with a correct response 10 ms after it was due. */
function aRecord(record: Partial<RequestRecord> = {}): RequestRecord {
  const dueMs = record.dueMs ?? 0;
  return {
    id: 'a-1',
    method: 'GET',
    port: 5252,
    dueMs,
    sentMs: dueMs,
    endedMs: dueMs + 10,
    status: 200,
    retryAfter: undefined,
    isOwnBody: true,
    error: undefined,
    ...record,
  };
}

function anExecution(execution: Partial<Execution> = {}): Execution {
  return { backend: 'b-1', id: 'a-1', method: 'POST', startedMs: 0, endedMs: 1, ...execution };
}

describe('the account of a scenario', () => {
  it('counts nothing against right responses', () => {
    const records = [aRecord({ dueMs: 0 }), aRecord({ dueMs: 100 })];
    expect(accountOf(records, [anExecution()])).toEqual({
      requests: 2,
      lost: 0,
      duplicated: 0,
      wrong: 0,
      longestGapMs: 90,
    });
  });

  it.each<[string, Partial<RequestRecord>]>([
    ['a response of the balancer itself', { status: 502, isOwnBody: false }],
    ['a connection that broke', { status: 0, isOwnBody: false, error: 'ECONNRESET' }],
    ['a response that visibly broke off', { isOwnBody: false, error: 'UND_ERR_SOCKET' }],
  ])('counts %s as lost', (_, record) => {
    expect(accountOf([aRecord(record)], [])).toMatchObject({ lost: 1, wrong: 0 });
  });

  it("counts another request's body, or half of one that seemed complete, as wrong and not as lost", () => {
    expect(accountOf([aRecord({ isOwnBody: false })], [])).toMatchObject({ lost: 0, wrong: 1 });
  });

  it('does not count excused requests as lost, nor those that the scenario accepts', () => {
    const records = [aRecord({ status: 503, isOwnBody: false })];
    expect(accountOf(records, [], { isExcused: () => true }).lost).toBe(0);
    expect(accountOf(records, [], { isRight: ({ status }) => status === 503 }).lost).toBe(0);
  });

  it('counts a POST that was executed twice, by any backends, and no GET', () => {
    const executions = [
      anExecution({ id: 'a' }),
      anExecution({ id: 'a', backend: 'b-2' }),
      anExecution({ id: 'b' }),
      anExecution({ id: 'c', method: 'GET' }),
      anExecution({ id: 'c', method: 'GET', backend: 'b-2' }),
    ];
    expect(executedTwice(executions)).toEqual(['a']);
  });
});

describe('the longest gap', () => {
  const failed = { status: 502, isOwnBody: false } as const;

  it('is the longest time between two right responses, in the order of their ends', () => {
    const records = [
      aRecord({ dueMs: 0, endedMs: 300 }),
      aRecord({ dueMs: 10, endedMs: 100 }),
      aRecord({ dueMs: 320, endedMs: 330 }),
    ];
    expect(longestGapMs(records, isServed)).toBe(200);
  });

  it('includes the time before the first right response and after the last', () => {
    const early = [aRecord({ dueMs: 0, ...failed }), aRecord({ dueMs: 500 }), aRecord({ dueMs: 520 })];
    expect(longestGapMs(early, isServed)).toBe(510);
    const late = [aRecord({ dueMs: 0 }), aRecord({ dueMs: 400, ...failed }), aRecord({ dueMs: 800, ...failed })];
    expect(longestGapMs(late, isServed)).toBe(790);
  });

  it('leaves out responses after the last request was due', () => {
    const records = [aRecord({ dueMs: 0 }), aRecord({ dueMs: 50 }), aRecord({ dueMs: 60, endedMs: 5_000 })];
    expect(longestGapMs(records, isServed)).toBe(50);
  });

  it('is zero without requests', () => {
    expect(longestGapMs([], isServed)).toBe(0);
  });
});

describe('a quantile', () => {
  it('is one of the values, by the nearest rank', () => {
    expect(quantile([5, 1, 4, 2, 3], 0.5)).toBe(3);
    expect(quantile([5, 1, 4, 2, 3], 1)).toBe(5);
    expect(quantile([], 0.99)).toBe(0);
  });
});

describe('the summary of failures', () => {
  it('counts them by kind, and says when a response broke off', () => {
    const records = [
      aRecord({ status: 502 }),
      aRecord({ status: 502 }),
      aRecord({ status: 0, error: 'ECONNRESET' }),
      aRecord({ status: 200, error: 'UND_ERR_SOCKET' }),
      aRecord({ status: 200, isOwnBody: false }),
    ];
    expect(failures(records)).toBe('2 × 502, 1 × ECONNRESET, 1 × 200 broken off, 1 × 200 with a wrong body');
  });
});

describe("a backend's journal", () => {
  it('holds what was executed, and what did not come to its end', () => {
    expect(readJournal('b-1', 'S a GET 1.5\nS b POST 2\nE a GET 3\nS c GET 4\nE')).toEqual([
      { backend: 'b-1', id: 'a', method: 'GET', startedMs: 1.5, endedMs: 3 },
      { backend: 'b-1', id: 'b', method: 'POST', startedMs: 2, endedMs: undefined },
      { backend: 'b-1', id: 'c', method: 'GET', startedMs: 4, endedMs: undefined },
    ]);
  });

  it('keeps two executions of one request apart', () => {
    const executions = readJournal('b-1', 'S a POST 1\nE a POST 2\nS a POST 3\nE a POST 4\n');
    expect(executions.map(({ endedMs }) => endedMs)).toEqual([2, 4]);
  });
});

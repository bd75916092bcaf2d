// The JSON of vitest's reporter, for suites that run without vitest: `npm test` counts the tests in it.

/** A test as it is reported. */
export interface ReportedTest {
  readonly fullName: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  /** Why it failed. */
  readonly failure?: string;
  /** The programs for want of which it was skipped. */
  readonly needs?: readonly string[];
}

/** A report of the tests of one suite. `more` is for other readers. */
export function vitestReport(suite: string, tests: readonly ReportedTest[], more: object = {}): string {
  const count = (status: ReportedTest['status']) => tests.filter((test) => test.status === status).length;
  const [numPassedTests, numFailedTests] = [count('passed'), count('failed')];
  const assertionResults = tests.map(({ fullName, status, failure, needs = [] }) => ({
    fullName,
    status,
    failureMessages: failure === undefined ? [] : [failure],
    meta: { needs },
  }));
  const status = numFailedTests === 0 ? 'passed' : 'failed';
  const testResults = [{ name: suite, status, assertionResults }];
  return JSON.stringify({ numPassedTests, numFailedTests, testResults, ...more }, undefined, 2);
}

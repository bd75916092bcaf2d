// Counts the tests in the report that vitest writes.
import { readFileSync } from 'node:fs';

/** How many tests passed and failed. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/** Where counting begins. */
export const NOTHING: Tally = { passed: 0, failed: 0 };

/** The sum of two tallies. */
export function addUp(a: Tally, b: Tally): Tally {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed };
}

/**
 * The tests in a report of vitest's json reporter. A file that could not even be loaded counts as one failure, and so
 * does a run that failed although no test did, or that ran no test at all.
 */
export function readReport(file: string, isWell: boolean): Tally {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
    const unloaded = testResults.filter((one) => one.status === 'failed' && one.assertionResults.length === 0).length;
    const failed = numFailedTests + unloaded;
    const isUnexplained = failed === 0 && (!isWell || numPassedTests === 0);
    return { passed: numPassedTests, failed: isUnexplained ? 1 : failed };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

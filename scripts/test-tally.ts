// Counts the tests in the report that vitest or the chaos suite writes.
import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

/** Characters of a failure's message that the summary shows. */
const MAX_REASON_LENGTH = 200;

/** How many tests passed and failed, and which were skipped. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** The failed tests that have a name, as "file: title — reason". */
  readonly failures: readonly string[];
  readonly skips: readonly Skip[];
}

/** A test that did not run. */
export interface Skip {
  /** Path of its file, from the root of the repository. */
  readonly file: string;
  readonly title: string;
  /** The programs it needs. Empty when it was skipped for another reason. */
  readonly needs: readonly string[];
}

export const NOTHING: Tally = { passed: 0, failed: 0, failures: [], skips: [] };

/** The sum of two tallies. */
export function addUp(a: Tally, b: Tally): Tally {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    failures: [...a.failures, ...b.failures],
    skips: [...a.skips, ...b.skips],
  };
}

/**
 * Counts the tests in a report of Vitest's json reporter. Adds one failure for a file that failed without a failed test,
 * for example because it could not be loaded, for a run that failed without such a file, and for a run without tests.
 */
export function readReport(file: string, isRunOk: boolean, root = ''): Tally {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
    const failed = numFailedTests + testResults.filter(hasFailedAsAWhole).length;
    const skips = testResults.flatMap((result) => skipsOf(result, root));
    const failures = testResults.flatMap((result) => failuresOf(result, root));
    const isUnexplained = failed === 0 && (!isRunOk || numPassedTests + skips.length === 0);
    return { passed: numPassedTests, failed: isUnexplained ? 1 : failed, failures, skips };
  } catch {
    return { ...NOTHING, failed: 1 };
  }
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly FileResult[];
}

interface FileResult {
  readonly name: string;
  readonly status: string;
  /** Why the file failed as a whole. */
  readonly message?: string;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly fullName: string;
    readonly failureMessages?: readonly string[];
    readonly meta?: { readonly needs?: readonly string[] };
  }[];
}

function hasFailedAsAWhole({ status, assertionResults }: FileResult): boolean {
  return status === 'failed' && !assertionResults.some((test) => test.status === 'failed');
}

function failuresOf(result: FileResult, root: string): string[] {
  const file = withoutRoot(result.name, root);
  if (hasFailedAsAWhole(result)) return [withReason(file, result.message)];
  return result.assertionResults
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => withReason(`${file}: ${fullName}`, failureMessages?.[0]));
}

/** Adds the first line of a failure's message, shortened: the rest stands in the log. */
function withReason(name: string, message = ''): string {
  const [line] = stripVTControlCharacters(message).trimStart().split('\n', 1);
  const reason = line.length > MAX_REASON_LENGTH ? `${line.slice(0, MAX_REASON_LENGTH - 1)}…` : line;
  return reason === '' ? name : `${name} — ${reason}`;
}

function withoutRoot(name: string, root: string): string {
  return name.startsWith(root) ? name.slice(root.length) : name;
}

function skipsOf({ name, assertionResults }: FileResult, root: string): Skip[] {
  return assertionResults
    .filter(({ status }) => status === 'skipped')
    .map(({ fullName, meta }) => ({
      file: withoutRoot(name, root),
      title: fullName,
      needs: meta?.needs ?? [],
    }));
}

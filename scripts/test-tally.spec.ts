import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readReport } from './test-tally.ts';

function aReport(report: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'report.json'), JSON.stringify(report));
  return join(folder, 'report.json');
}

const good = { numPassedTests: 3, numFailedTests: 0, testResults: [] };

it('counts tests', () => {
  expect(readReport(aReport({ ...good, numFailedTests: 2 }), false)).toEqual({ passed: 3, failed: 2 });
});

it('counts a file that could not be loaded as a failure', () => {
  const testResults = [{ status: 'failed', assertionResults: [] }];
  expect(readReport(aReport({ ...good, testResults }), false)).toEqual({ passed: 3, failed: 1 });
});

it('takes a run that failed without a failed test for a failure', () => {
  expect(readReport(aReport(good), false)).toEqual({ passed: 3, failed: 1 });
});

it('takes a run without a test for a failure', () => {
  expect(readReport(aReport({ ...good, numPassedTests: 0 }), true)).toEqual({ passed: 0, failed: 1 });
});

it('takes a missing report for a failure', () => {
  expect(readReport('/nowhere/report.json', true)).toEqual({ passed: 0, failed: 1 });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addUp, readReport } from './test-tally.ts';

function aReport(report: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'report.json'), JSON.stringify(report));
  return join(folder, 'report.json');
}

const good = { numPassedTests: 3, numFailedTests: 0, testResults: [] };
const aFile = (status: string, ...assertionResults: object[]) => ({
  name: '/root/a.spec.ts',
  status,
  assertionResults,
});

describe('readReport', () => {
  it('counts the tests that passed and failed', () => {
    expect(readReport(aReport({ ...good, numFailedTests: 2 }), false)).toMatchObject({ passed: 3, failed: 2 });
  });

  it('counts one failure for a file that could not be loaded', () => {
    const testResults = [aFile('failed')];
    expect(readReport(aReport({ ...good, testResults }), false)).toMatchObject({ passed: 3, failed: 1 });
  });

  it('counts one failure for a file whose set-up failed, beside the failed tests of others', () => {
    const testResults = [
      aFile('failed', { status: 'skipped', fullName: 'a' }),
      aFile('failed', { status: 'failed', fullName: 'b' }),
    ];
    const report = aReport({ ...good, numFailedTests: 1, testResults });
    expect(readReport(report, false)).toMatchObject({ passed: 3, failed: 2 });
  });

  it('counts one failure for a run that failed without a failed test', () => {
    expect(readReport(aReport(good), false)).toMatchObject({ passed: 3, failed: 1 });
  });

  it('counts one failure for a run without a test', () => {
    expect(readReport(aReport({ ...good, numPassedTests: 0 }), true)).toMatchObject({ passed: 0, failed: 1 });
  });

  it('counts one failure for a missing report', () => {
    expect(readReport('/nowhere/report.json', true)).toEqual({
      passed: 0,
      failed: 1,
      failures: [],
      skips: [],
    });
  });

  it('lists a skipped test with the programs it needs, as neither passed nor failed', () => {
    const skipped = { status: 'skipped', fullName: 'the page opens', meta: { needs: ['chromium'] } };
    const report = aReport({ ...good, testResults: [aFile('passed', { status: 'passed', fullName: 'b' }, skipped)] });
    expect(readReport(report, true, '/root/')).toEqual({
      passed: 3,
      failed: 0,
      failures: [],
      skips: [{ file: 'a.spec.ts', title: 'the page opens', needs: ['chromium'] }],
    });
  });

  it('names the failed tests, and a file that failed as a whole', () => {
    const failed = { status: 'failed', fullName: 'says no' };
    const testResults = [aFile('failed', failed, { status: 'passed', fullName: 'b' }), aFile('failed')];
    const report = aReport({ ...good, numFailedTests: 1, testResults });
    expect(readReport(report, false, '/root/').failures).toEqual(['a.spec.ts: says no', 'a.spec.ts']);
  });

  it('gives the first line of the message of each failure', () => {
    const failed = (fullName: string, failureMessages?: string[]) => ({ status: 'failed', fullName, failureMessages });
    const colours = '\u001b[31mError: expected 1 to be 2\u001b[39m\n    at a.spec.ts:3:5';
    const testResults = [
      aFile('failed', failed('says no', [colours, 'Error: another']), failed('says nothing', [])),
      { ...aFile('failed'), message: '\nCannot find module x\nRequire stack' },
    ];
    expect(readReport(aReport({ ...good, testResults }), false, '/root/').failures).toEqual([
      'a.spec.ts: says no — Error: expected 1 to be 2',
      'a.spec.ts: says nothing',
      'a.spec.ts — Cannot find module x',
    ]);
  });

  it.each([
    [200, 'x'.repeat(200)],
    [201, `${'x'.repeat(199)}…`],
  ])('shows at most 200 characters of a message: of %i', (length, shown) => {
    const failed = { status: 'failed', fullName: 'b', failureMessages: ['x'.repeat(length)] };
    const report = aReport({ ...good, testResults: [aFile('failed', failed)] });
    expect(readReport(report, false, '/root/').failures).toEqual([`a.spec.ts: b — ${shown}`]);
  });

  it('takes a run whose tests were all skipped for a good one', () => {
    const testResults = [aFile('passed', { status: 'skipped', fullName: 'a' })];
    expect(readReport(aReport({ ...good, numPassedTests: 0, testResults }), true)).toMatchObject({ failed: 0 });
  });
});

describe('addUp', () => {
  it('adds the counts and keeps the failures and skips of both', () => {
    const skip = (title: string) => ({ file: 'a.spec.ts', title, needs: [] });
    const a = { passed: 1, failed: 2, failures: ['x'], skips: [skip('a')] };
    const b = { passed: 10, failed: 20, failures: ['y'], skips: [skip('b')] };
    const sum = { passed: 11, failed: 22, failures: ['x', 'y'], skips: [skip('a'), skip('b')] };
    expect(addUp(a, b)).toEqual(sum);
  });
});

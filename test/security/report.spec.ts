import { describe, expect, it } from 'vitest';
import type { Attack, Check } from './attack.js';
import { lineOf, securityReport, totalOf, type AttackResult } from './report.js';

function aResult(name: string, checks: readonly Check[], more: Partial<AttackResult> = {}): AttackResult {
  const attack: Attack = { name, title: `${name} changes nothing`, run: () => Promise.resolve({ checks }) };
  return { attack, findings: { checks }, seconds: 1, ...more };
}

const RESULTS = [
  aResult('raw', [
    { name: 'two lengths', problem: undefined },
    { name: 'a NUL', problem: 'got 200' },
  ]),
  aResult('browser', [], { lacks: ['chromium'] }),
];

describe('the report of the security suite', () => {
  it('counts each check, and none of what was skipped', () => {
    expect(totalOf(RESULTS)).toMatchObject({ passed: 1, failed: 1 });
  });

  it('names what is open as soon as an attack is over', () => {
    expect(RESULTS.map(lineOf)).toEqual(['raw: 2 cases, 1 open\n  a NUL: got 200', 'browser: skipped, needs chromium']);
  });

  it('is one that vitest could have written', () => {
    const report = JSON.parse(securityReport(RESULTS)) as { testResults: [{ assertionResults: unknown[] }] };
    expect(report).toMatchObject({ numPassedTests: 1, numFailedTests: 1 });
    expect(report.testResults[0].assertionResults).toEqual([
      { fullName: 'raw: two lengths', status: 'passed', failureMessages: [], meta: { needs: [] } },
      { fullName: 'raw: a NUL', status: 'failed', failureMessages: ['got 200'], meta: { needs: [] } },
      {
        fullName: 'browser: browser changes nothing',
        status: 'skipped',
        failureMessages: [],
        meta: { needs: ['chromium'] },
      },
    ]);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readReport } from '../../scripts/test-tally.js';
import { jsonReport, markdownTable, type Result } from './report.js';
import type { BalancerName } from './scenario.js';

function aResult(balancer: BalancerName, passed: boolean): Result {
  return {
    scenario: { number: 1, title: 'one | killed', bar: '0 lost', run: () => Promise.reject(new Error('not run')) },
    balancer,
    outcome: { requests: 10, lost: 2, duplicated: 0, wrong: 0, longestGapMs: 41.6, passed, detail: '2 × 502' },
  };
}

/** What `npm test` makes of the report. */
function tallyOf(results: readonly Result[], isWell: boolean) {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-report-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'chaos.json');
  writeFileSync(file, jsonReport(results));
  return readReport(file, isWell);
}

describe('the report of the chaos suite', () => {
  it('has npm test count the scenarios as Fairlead came through them, and no peer', () => {
    const results = [aResult('fairlead', true), aResult('nginx', false), aResult('fairlead', false)];
    expect(tallyOf(results, false)).toEqual({ passed: 1, failed: 1 });
    expect(tallyOf([aResult('fairlead', true), aResult('haproxy', false)], true)).toEqual({ passed: 1, failed: 0 });
  });

  it('has npm test fail when no scenario was run', () => {
    expect(tallyOf([], true)).toEqual({ passed: 0, failed: 1 });
  });

  it('is a table with the command that made it', () => {
    const circumstances = { command: 'npm run test:chaos -- --peers', machine: '2 cores', ratePerSecond: 400 };
    const text = markdownTable([aResult('haproxy', false)], circumstances);
    expect(text).toContain('Made by `npm run test:chaos -- --peers` on 2 cores, at 400 requests per second.');
    expect(text).toContain('| 1 | one \\| killed | HAProxy | 10 | 2 | 0 | 0 | 42 ms | 0 lost | missed | 2 × 502 |');
  });
});

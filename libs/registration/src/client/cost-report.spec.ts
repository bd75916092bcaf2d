import { describe, expect, it } from 'vitest';
import { costReportHeader, reportCost } from './cost-report.js';

describe('costReportHeader', () => {
  it('writes the cost in the JSON form of an ORCA load report', () => {
    expect(costReportHeader({ compute: 3, storage: 1 })).toBe('JSON {"request_cost":{"compute":3,"storage":1}}');
  });

  it('adds how busy the backend is', () => {
    expect(costReportHeader({ compute: 3 }, { compute: 0.5 })).toBe(
      'JSON {"request_cost":{"compute":3},"utilization":{"compute":0.5}}',
    );
  });

  it.each([Number.NaN, Infinity, -1])('rejects %s', (amount) => {
    expect(() => costReportHeader({ compute: amount })).toThrow(
      `the cost of compute must be a finite number of at least 0, got ${amount}`,
    );
    expect(() => costReportHeader({}, { compute: amount })).toThrow(
      `the utilization of compute must be a finite number of at least 0, got ${amount}`,
    );
  });
});

describe('reportCost', () => {
  it('sets the header of the response', () => {
    const headers = new Headers();
    reportCost({ setHeader: (name: string, value: string) => headers.set(name, value) as never }, { gpu: 0.5 });
    expect(headers.get('endpoint-load-metrics')).toBe('JSON {"request_cost":{"gpu":0.5}}');
  });
});

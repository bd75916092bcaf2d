import { performance } from 'node:perf_hooks';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadBalancerConfig } from '../config/balancer.config.js';
import { BoundedLog } from './bounded-log.js';

describe('BoundedLog', () => {
  let logged: string[];
  let nowMs: number;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    nowMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    logged = [];
    for (const level of ['log', 'warn', 'error'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation((...words: unknown[]) => void logged.push(words.join(' ')));
    }
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  const pass = (ms: number) => {
    nowMs += ms;
    vi.advanceTimersByTime(ms);
  };
  const aLog = (environment = {}) => new BoundedLog(loadBalancerConfig({ DATA_PLANE_THREADS: '0', ...environment }));
  const fail = (log: BoundedLog, status: number, times: number) => {
    for (let i = 0; i < times; i++) log.failedRequest(status, () => ({ toString: () => String(status) }));
  };

  it('writes 20 lines per second, and a summary of the others after 10 s', () => {
    const log = aLog();
    fail(log, 502, 1020);
    fail(log, 503, 34);
    log.defect(new Error('a defect'));
    expect(logged).toEqual(Array.from({ length: 20 }, () => '502 request'));
    pass(500);
    fail(log, 503, 20);
    expect(logged.slice(20)).toEqual(Array.from({ length: 10 }, () => '503 request'));
    pass(9500);
    expect(logged.slice(30)).toEqual([
      'suppressed 1,045 lines about failed requests in the last 10 s (502: 1,000, 503: 44, defects: 1)',
    ]);
    pass(60_000);
    expect(logged).toHaveLength(31);
  });

  it('is divided among the threads, and summarized at the end', () => {
    const log = aLog({ DATA_PLANE_THREADS: '4', TRAFFIC_LIMITS: '{"failedRequestLogsPerSecond": 8}' });
    fail(log, 504, 3);
    expect(logged).toHaveLength(2);
    log.onModuleDestroy();
    expect(logged[2]).toBe('suppressed 1 line about failed requests in the last 1 s (504: 1)');
  });

  it('writes every line with a limit of 0', () => {
    const log = aLog({ TRAFFIC_LIMITS: '{"failedRequestLogsPerSecond": 0}' });
    fail(log, 502, 1000);
    expect(logged).toHaveLength(1000);
  });
});

import type { Environment } from '@fairlead/configuration';
import { ResourceSpace } from '@fairlead/scheduling';
import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadBalancerConfig } from '../config/balancer.config.js';
import { BoundedLog } from './bounded-log.js';
import { KEPT_REQUESTS, RequestLog, type EndedExchange } from './request-log.js';

const demand = new ResourceSpace(['compute', 'storage']).vectorOf({ compute: 3 });

function anExchange(target: string): EndedExchange {
  const head = { client: '192.0.2.7', method: 'GET', target, demand };
  return { head, backend: { id: 'a' }, attempts: 1, startedAtMs: 0, control: { details: { requestId: 'id-1' } } };
}

function aLog(environment: Environment = {}): RequestLog {
  const config = loadBalancerConfig({ TRAFFIC_LIMITS: '{"failedRequestLogsPerSecond": 0}', ...environment });
  return new RequestLog(new BoundedLog(config), config);
}

const paths = (log: RequestLog) => log.newest().map(({ path }) => path);

describe('RequestLog', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('keeps the last requests, newest first', () => {
    const log = aLog();
    log.add(anExchange('/a?x=1'), 200, 12.5);
    log.add(anExchange('/b'), 404, 20);
    expect(paths(log)).toEqual(['/b', '/a']);
    expect(log.newest()[1]).toMatchObject({
      status: 200,
      backend: 'a',
      demand: { compute: 3, storage: 0 },
      durationMs: 12.5,
      requestId: 'id-1',
    });
  });

  it('skips requests of a burst beyond its size but no failure, and continues in the next window', () => {
    const log = aLog();
    for (let i = 0; i < 5 * KEPT_REQUESTS; i++) log.add(anExchange(`/${i}`), 200, i / 1000);
    expect(paths(log)[0]).toBe(`/${KEPT_REQUESTS - 1}`);
    log.add(anExchange('/failed'), 502, 6);
    log.add(anExchange('/skipped'), 200, 6);
    expect(paths(log)[0]).toBe('/failed');
    log.add(anExchange('/later'), 200, 200);
    expect(paths(log).slice(0, 2)).toEqual(['/later', '/failed']);
  });

  it('logs what ACCESS_LOG says: nothing, failures, all, or a sample and all failures', () => {
    const logged = (environment: Record<string, string>) => {
      const write = vi.spyOn(Logger.prototype, 'log').mockImplementation(() => {});
      write.mockClear();
      const log = aLog(environment);
      for (let i = 0; i < 1000; i++) log.add(anExchange('/'), i % 10 === 0 ? 503 : 200, i);
      return write.mock.calls.length;
    };
    expect(logged({ ACCESS_LOG: 'off' })).toBe(0);
    expect(logged({ ACCESS_LOG: 'errors' })).toBe(100);
    expect(logged({ ACCESS_LOG: 'all' })).toBe(1000);
    expect(logged({ ACCESS_LOG: 'all', ACCESS_LOG_SAMPLE: '0' })).toBe(100);
    const some = logged({ ACCESS_LOG: 'all', ACCESS_LOG_SAMPLE: '0.5' });
    expect(some).toBeGreaterThan(100 + 900 * 0.4);
    expect(some).toBeLessThan(100 + 900 * 0.6);
  });
});

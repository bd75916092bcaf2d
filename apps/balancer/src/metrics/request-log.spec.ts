import type { Environment } from '@fairlead/configuration';
import { ResourceSpace } from '@fairlead/scheduling';
import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadBalancerConfig } from '../config/balancer.config.js';
import { BoundedLog } from './bounded-log.js';
import { KEPT_REQUESTS, RequestLog, type EndedExchange, type RequestDetails } from './request-log.js';

const demand = new ResourceSpace(['compute', 'storage']).vectorOf({ compute: 3 });

function anExchange(target: string): EndedExchange {
  const head = { client: '192.0.2.7', method: 'GET', target, demand };
  return { head, backend: { id: 'a' }, attempts: 1, startedAtMs: 0, control: { details: someDetails() } };
}

function someDetails(more: Partial<RequestDetails> = {}): RequestDetails {
  const fields: Record<string, string> = { host: 'h', 'user-agent': 'u'.repeat(1000) };
  const traits = {
    requestId: 'id-1',
    httpVersion: '1.1',
    tlsVersion: 'TLSv1.3',
    bytesIn: 100,
    bytesOut: 200,
    firstByteAtMs: 5.0004,
  };
  return { ...traits, field: (name) => fields[name], ...more };
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
      firstByteMs: 5,
      requestId: 'id-1',
      protocol: 'HTTP/1.1',
      tls: 'TLSv1.3',
      bytesIn: 100,
      bytesOut: 200,
    });
  });

  it('knows when the response began: with its end if it came whole, or never', () => {
    const log = aLog();
    for (const firstByteAtMs of [Infinity, NaN]) {
      log.add({ ...anExchange('/'), control: { details: someDetails({ firstByteAtMs }) } }, 200, 12.5);
    }
    expect(log.newest().map(({ firstByteMs }) => firstByteMs)).toEqual([null, 12.5]);
  });

  it('asks for fields of a request only when it writes a line, and truncates them', () => {
    const lines: unknown[] = [];
    vi.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void lines.push(line));
    const asked: string[] = [];
    const details = someDetails();
    const field = (name: string) => {
      asked.push(name);
      return details.field(name);
    };
    const exchange = { ...anExchange('/'), control: { details: { ...details, field } } };
    const log = aLog({ ACCESS_LOG: 'errors' });
    log.add(exchange, 200, 1);
    expect(asked).toEqual([]);
    log.add(exchange, 502, 1);
    expect(asked).toEqual(['host', 'user-agent']);
    expect(lines).toEqual([expect.objectContaining({ status: 502, host: 'h', userAgent: 'u'.repeat(200) })]);
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
      const writes = (['log', 'warn'] as const).map((level) => {
        return vi
          .spyOn(Logger.prototype, level)
          .mockImplementation(() => {})
          .mockClear();
      });
      const log = aLog(environment);
      for (let i = 0; i < 1000; i++) log.add(anExchange('/'), i % 10 === 0 ? 503 : 200, i);
      return writes.reduce((sum, { mock }) => sum + mock.calls.length, 0);
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

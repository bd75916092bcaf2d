import { describeVariables, parseEnvironment } from '@fairlead/configuration';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { backendConfig, backendEnvironment } from './backend.config.js';

describe('backendConfig', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('draws a random storage capacity from 50 to 2000, once per process', () => {
    const { storage } = backendConfig().capacity;
    expect(storage).toBeGreaterThanOrEqual(50);
    expect(storage).toBeLessThanOrEqual(2000);
    expect(storage % 50).toBe(0);
    expect(backendConfig().capacity.storage).toBe(storage);
  });

  it('keeps a url as given', () => {
    vi.stubEnv('BACKEND_URL', 'http://10.0.0.7:8080');
    expect(backendConfig().url).toBe('http://10.0.0.7:8080');
  });

  it.each([
    [
      'one of its files is missing',
      { TLS_KEY_FILE: 'key' },
      'TLS_KEY_FILE needs TLS_CERTIFICATE_FILE, which is not set',
    ],
    [
      'the URL has not https',
      { TLS_KEY_FILE: 'key', TLS_CERTIFICATE_FILE: 'certificate', BACKEND_URL: 'http://h' },
      'BACKEND_URL must be an https URL when TLS_CERTIFICATE_FILE is set, got "http://h"',
    ],
  ])('rejects TLS when %s', (_, environment, message) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    expect(() => backendConfig()).toThrow(message);
  });

  it('has no lease at LEASE_SECONDS=0', () => {
    vi.stubEnv('LEASE_SECONDS', '0');
    expect(backendConfig().leaseSeconds).toBeUndefined();
  });

  it.each([
    ['30', '40'],
    ['30', '30'],
    ['0', '10'],
  ])('rejects a lease of %s s that is renewed every %s s', (lease, renew) => {
    vi.stubEnv('LEASE_SECONDS', lease);
    vi.stubEnv('LEASE_RENEW_SECONDS', renew);
    expect(() => backendConfig()).toThrow(
      `LEASE_RENEW_SECONDS must be less than LEASE_SECONDS (${lease}), got ${renew}`,
    );
  });

  it('returns the renewal interval', () => {
    vi.stubEnv('LEASE_RENEW_SECONDS', '7.5');
    expect(backendConfig().renewEverySeconds).toBe(7.5);
  });

  it('declares its capacity unless it is told to declare nothing', () => {
    expect(backendConfig().declares).toBe('capacity');
    vi.stubEnv('DECLARES', 'nothing');
    expect(backendConfig().declares).toBe('nothing');
    vi.stubEnv('DECLARES', 'something');
    expect(() => backendConfig()).toThrow('DECLARES must be one of capacity, nothing, got "something"');
  });

  it('names every invalid variable', () => {
    const environment = { COMPUTE_CAPACITY: '0', LOG_FORMAT: 'xml', BACKEND_PORT: '70000' };
    expect(() => parseEnvironment(backendEnvironment, environment)).toThrow(
      [
        'BACKEND_PORT must be a whole number from 0 to 65535, got "70000"',
        'COMPUTE_CAPACITY must be a number from 0.01 to 1000000, got "0"',
        'LOG_FORMAT must be one of pretty, json, got "xml"',
      ].join('\n'),
    );
  });

  it('describes its variables', () => {
    expect(describeVariables(backendEnvironment).map(({ name }) => name)).toContain('WORK_SCALE');
  });
});

import { describe, expect, it } from 'vitest';
import { actionOf } from './audit.js';

describe('actionOf', () => {
  it.each([
    ['POST', '/api/v1/backends', 'register'],
    ['POST', '/api/v1/backends/', 'register'],
    ['GET', '/', 'register'],
    ['PUT', '/api/v1/backends/a/lease', 'renew'],
    ['POST', '/api/v1/backends/http%3A%2F%2Fa/drain', 'drain'],
    ['POST', '/api/v1/backends/a/resume', 'resume'],
    ['DELETE', '/api/v1/backends/a', 'remove'],
    ['GET', '/api/v1/backends/a', 'read'],
    ['GET', '/api/v1/backends', 'read'],
    ['POST', '/api/v1/placement/explain', 'read'],
    ['POST', '/api/v1/configuration/reload', 'reload'],
    ['POST', '/api/v1/configuration/check', 'read'],
    ['GET', '/metrics', 'read'],
    ['DELETE', '/api/v1/backends', 'read'],
  ])('%s %s asks to %s', (method, path, action) => {
    expect(actionOf(method, path)).toBe(action);
  });
});

import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AddressWarnings } from './address-warnings.js';

describe('AddressWarnings', () => {
  const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
  afterEach(() => warn.mockClear());

  it('warns once for each address and kind, whichever thread sees it', () => {
    const one = new AddressWarnings();
    const other = new AddressWarnings(one.buffer);
    one.warnOnce('192.0.2.1', 'no client named', 'names no client');
    other.warnOnce('192.0.2.1', 'no client named', 'names no client');
    other.warnOnce('192.0.2.1', 'no PROXY header', 'sends no header');
    other.warnOnce('192.0.2.2', 'no client named', 'names no client');
    expect(warn.mock.calls.map(([text]) => String(text))).toEqual([
      '192.0.2.1 names no client',
      '192.0.2.1 sends no header',
      '192.0.2.2 names no client',
    ]);
  });

  it('warns about 128 addresses at most', () => {
    const warnings = new AddressWarnings();
    for (let i = 0; i < 1000; i++) warnings.warnOnce(`192.0.2.${i}`, 'no client named', 'names no client');
    expect(warn).toHaveBeenCalledTimes(128);
  });
});

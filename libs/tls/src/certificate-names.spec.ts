import { describe, expect, it } from 'vitest';
import { CertificateNames } from './certificate-names.js';

describe('CertificateNames', () => {
  const names = new CertificateNames([
    [['www.example', '*.example'], 'first'],
    [['api.example', 'www.example'], 'second'],
    [['*.deep.example'], 'third'],
  ]);

  it.each([
    ['www.example', 'first'],
    ['WWW.Example', 'first'],
    ['api.example', 'second'],
    ['other.example', 'first'],
    ['a.deep.example', 'third'],
    ['a.b.example', undefined],
    ['example', undefined],
    ['', undefined],
  ])('finds for %j: %s', (name, value) => {
    expect(names.find(name)).toBe(value);
  });
});

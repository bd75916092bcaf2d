import { describe, expect, it } from 'vitest';
import { describeError } from './network-error.js';
import { describeNameMismatch, isHandshakeRefusal } from './tls-error.js';

describe('errors of TLS', () => {
  it.each([
    ['CERT_HAS_EXPIRED', 'its certificate has expired'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate is not signed by a known authority'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'it does not speak TLS'],
    ['ERR_SSL_UNHEARD_OF', 'ERR_SSL_UNHEARD_OF'],
  ])('%s is described as: %s', (code, description) => {
    expect(describeError(Object.assign(new Error('long'), { code }))).toBe(description);
  });

  it('are described with the name that is missing for operators only', () => {
    const error = Object.assign(new Error('long'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID', host: 'a.internal' });
    expect(describeError(error)).toBe('its certificate is for another name');
    expect(describeNameMismatch(error)).toBe('its certificate is not for a.internal');
    expect(describeNameMismatch(new Error('other'))).toBeUndefined();
  });

  it.each([
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', true],
    ['ERR_SSL_SSL/TLS_ALERT_BAD_RECORD_MAC', false],
    ['ERR_SSL_WRONG_VERSION_NUMBER', false],
    ['CERT_HAS_EXPIRED', false],
  ])('of a server that refuses the handshake: %s: %s', (code, isRefusal) => {
    expect(isHandshakeRefusal(code)).toBe(isRefusal);
  });
});

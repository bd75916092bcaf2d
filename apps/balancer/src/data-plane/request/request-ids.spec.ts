import { describe, expect, it } from 'vitest';
import { isRequestId } from '../headers/request-id-header.js';
import { NEW_ID_LENGTH, RequestIds } from './request-ids.js';

const ON = new RequestIds({ REQUEST_ID: 'on' });
const OFF = new RequestIds({ REQUEST_ID: 'off' });

/** A new id as it is written to a buffer. */
function written(): string {
  const out = Buffer.alloc(NEW_ID_LENGTH + 2, '.');
  expect(ON.write(out, 1)).toBe(1 + NEW_ID_LENGTH);
  const text = out.toString('latin1');
  expect(text).toMatch(/^\..*\.$/);
  return text.slice(1, -1);
}

describe('new ids', () => {
  it('are 32 hexadecimal digits, and differ, more of them than are drawn at once too', () => {
    const ids = Array.from({ length: 2000 }, (_, i) => (i % 3 === 0 ? ON.of(undefined) : written()));
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(ids).size).toBe(2000);
  });

  it('have no constant digit', () => {
    const ids = Array.from({ length: 1000 }, written);
    for (let i = 0; i < NEW_ID_LENGTH; i++) expect(new Set(ids.map((id) => id[i])).size).toBe(16);
  });
});

describe('the id of a request', () => {
  const field = (name: string) => (name === 'x-request-id' ? 'given-1' : undefined);

  it('is that of a trusted proxy only', () => {
    expect(ON.given({ peer: { isProxy: true }, field })).toBe('given-1');
    expect(ON.given({ peer: { isProxy: false }, field })).toBeUndefined();
    expect(ON.given({ peer: { isProxy: true }, field: () => undefined })).toBeUndefined();
    expect(ON.given({ peer: { isProxy: true }, field: () => 'not valid' })).toBeUndefined();
    expect(ON.of('given-1')).toBe('given-1');
  });

  it('is none with REQUEST_ID=off', () => {
    expect(OFF.given({ peer: { isProxy: true }, field })).toBeUndefined();
    expect(OFF.of(undefined)).toBeUndefined();
  });
});

it.each([
  ['a', true],
  ['4bf92f35-77b3-4da6-a3ce-929d0e0e4736', true],
  ['Root=1-67891233-abcdef', true],
  ['AZaz09-._~+/=:@', true],
  ['a'.repeat(128), true],
  ['a'.repeat(129), false],
  ['', false],
  ['a b', false],
  ['a\n', false],
  ['a,b', false],
  ['a;b', false],
  ['%41', false],
  ['\u00e9', false],
])('%j can be an id: %s', (text, isId) => {
  expect(isRequestId(text)).toBe(isId);
});

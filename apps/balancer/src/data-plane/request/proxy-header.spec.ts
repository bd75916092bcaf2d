import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readProxyHeader } from './proxy-header.js';

const REST = 'GET / HTTP/1.1\r\n';
const SIGNATURE = '\r\n\r\n\0\r\nQUIT\n';
const read = (text: string) => readProxyHeader(Buffer.from(text, 'latin1'));

/** A header of version 2 with these bytes after its signature. */
function version2(command: number, protocol: number, variable: readonly number[], length = variable.length): string {
  const bytes = [command, protocol, length >> 8, length & 0xff, ...variable];
  return SIGNATURE + String.fromCharCode(...bytes);
}

const IPV4 = [192, 0, 2, 7, 10, 0, 0, 1, 0x30, 0x39, 0, 80];
const IPV6 = [0x20, 1, 0xd, 0xb8, ...Array.from({ length: 11 }, () => 0), 7, ...Array.from({ length: 20 }, () => 1)];
const UNIX = Array.from({ length: 216 }, () => 65);
const TLV = [0x04, 0, 3, 1, 2, 3];

const GOOD: readonly (readonly [name: string, header: string, source: string | undefined])[] = [
  ['TCP4', 'PROXY TCP4 192.0.2.7 10.0.0.1 12345 80\r\n', '192.0.2.7'],
  ['TCP6', 'PROXY TCP6 2001:DB8:0::7 ::1 0 65535\r\n', '2001:db8::7'],
  ['TCP6 with an IPv4 address', 'PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n', '192.0.2.7'],
  ['UNKNOWN', 'PROXY UNKNOWN\r\n', undefined],
  ['UNKNOWN with more', 'PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n', undefined],
  ['the longest line', `PROXY UNKNOWN ${'x'.repeat(91)}\r\n`, undefined],
  ['version 2, IPv4', version2(0x21, 0x11, IPV4), '192.0.2.7'],
  ['version 2, IPv4 and TLVs', version2(0x21, 0x11, [...IPV4, ...TLV]), '192.0.2.7'],
  ['version 2, IPv6', version2(0x21, 0x21, IPV6), '2001:db8::7'],
  ['version 2, UNIX', version2(0x21, 0x31, UNIX), undefined],
  ['version 2, unspecified', version2(0x21, 0x00, []), undefined],
  ['version 2, datagrams', version2(0x21, 0x12, IPV4), undefined],
  ['version 2, LOCAL', version2(0x20, 0x00, []), undefined],
  ['version 2, LOCAL with what is to be ignored', version2(0x20, 0x11, [...IPV4, ...TLV]), undefined],
  ['version 2, the longest', version2(0x21, 0x11, [...IPV4, ...Array.from({ length: 4084 }, () => 0)]), '192.0.2.7'],
];

describe('a PROXY header', () => {
  it.each(GOOD)('is read: %s', (_name, header, source) => {
    expect(read(header + REST)).toEqual({ length: header.length, source });
  });

  it.each(GOOD)('is incomplete until its last byte: %s', (_name, header) => {
    for (let length = 0; length < header.length; length++) expect(read(header.slice(0, length))).toBe('incomplete');
  });

  it.each([
    [REST],
    ['proxy TCP4 1.1.1.1 2.2.2.2 1 2\r\n'],
    ['PROXY\r\n'],
    [' PROXY UNKNOWN\r\n'],
    ['\r\nPROXY UNKNOWN\r\n'],
    ['\r\n\r\n\0\r\nQUIT\r'],
  ])('is missing in %j', (bytes) => {
    expect(read(bytes)).toEqual({ problem: 'the connection does not begin with a PROXY header' });
  });

  it.each([
    'PROXY \r\n',
    'PROXY TCP4\r\n',
    'PROXY TCP5 1.1.1.1 2.2.2.2 1 2\r\n',
    'PROXY UNKNOWNX\r\n',
    'PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n',
    'PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n',
    'PROXY TCP4  1.1.1.1 2.2.2.2 1 2\r\n',
    'PROXY TCP4 1.1.1.1 2.2.2.2 1 2 \r\n',
    'PROXY TCP4\t1.1.1.1 2.2.2.2 1 2\r\n',
    'PROXY TCP4 1.1.1.1 2.2.2.2 1 2\n\r\n',
    'PROXY TCP4 1.1.1 2.2.2.2 1 2\r\n',
    'PROXY TCP4 01.1.1.1 2.2.2.2 1 2\r\n',
    'PROXY TCP4 256.1.1.1 2.2.2.2 1 2\r\n',
    'PROXY TCP4 ::1 ::1 1 2\r\n',
    'PROXY TCP6 1.1.1.1 2.2.2.2 1 2\r\n',
    'PROXY TCP6 [::1] ::1 1 2\r\n',
    'PROXY TCP4 1.1.1.1 2.2.2.2 65536 2\r\n',
    'PROXY TCP4 1.1.1.1 2.2.2.2 01 2\r\n',
    'PROXY TCP4 1.1.1.1 2.2.2.2 -1 2\r\n',
    'PROXY TCP4 1.1.1.1 localhost 1 2\r\n',
  ])('is invalid: %j', (bytes) => {
    expect(read(bytes)).toEqual({ problem: `the PROXY line is invalid: ${JSON.stringify(bytes.split('\r\n', 1)[0])}` });
  });

  it.each([
    [`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`, 'more than 107 bytes'],
    [`PROXY ${'x'.repeat(200)}`, 'more than 107 bytes'],
    [version2(0x11, 0x11, IPV4), 'the PROXY command is 0x11'],
    [version2(0x22, 0x11, IPV4), 'the PROXY command is 0x22'],
    [version2(0x21, 0x41, IPV4), 'the PROXY family and transport are 0x41'],
    [version2(0x21, 0x13, IPV4), 'the PROXY family and transport are 0x13'],
    [version2(0x21, 0x11, IPV4, 11), '11 bytes for addresses of 12'],
    [version2(0x21, 0x21, IPV6, 35), '35 bytes for addresses of 36'],
    [version2(0x21, 0x31, UNIX, 215), '215 bytes for addresses of 216'],
    [version2(0x21, 0x11, IPV4, 4097), '4097 bytes after its first 16'],
    [version2(0x20, 0x00, [], 65_535), '65535 bytes after its first 16'],
  ])('is invalid: %j', (bytes, problem) => {
    expect(read(bytes)).toEqual({ problem: expect.stringContaining(problem) });
  });

  it('never takes more memory than its limit, and never throws', () => {
    const start = fc.constantFrom('', 'PROXY ', 'PROXY TCP4 ', 'PROXY TCP6 ::1 ', SIGNATURE, `${SIGNATURE}\x21\x11\0`);
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 5000 }), (begin, rest) => {
        const bytes = Buffer.concat([Buffer.from(begin, 'latin1'), rest]);
        const outcome = readProxyHeader(bytes);
        if (outcome === 'incomplete') expect(bytes.length).toBeLessThan(16 + 4096);
        else if (!('problem' in outcome)) expect(outcome.length).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { familyOf, parseSocketTable, parseStat } from './proc-files.js';

/** As a machine with the byte order of x86 and ARM writes them. */
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 324143 1 0 100 0 0 10 0
   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 319060 1 0 100 0 0 10 0
   2: 0100007F:1F90 0100007F:D2F0 01 00000000:00000000 00:00000000 00000000  1000        0 324150 1 0 20 4 30 10 -1
`;
const TCP6 = `  sl  local_address remote_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode
   0: 00000000000000000000000001000000:1F91 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 11 1 0 100 0 0 10 0
   1: 0000000000000000FFFF00000100007F:1F92 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 12 1 0 100 0 0 10 0
   2: 00000000000000000000000000000000:1F93 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 13 1 0 100 0 0 10 0
   3: B80D01200000000067452301EFCDAB89:1F94 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 14 1 0 100 0 0 10 0
`;

describe('parseSocketTable', () => {
  it('returns the sockets that listen', () => {
    expect(parseSocketTable(TCP)).toEqual([
      { address: '127.0.0.1', port: 8080, inode: '324143' },
      { address: '0.0.0.0', port: 22, inode: '319060' },
    ]);
  });

  it('writes addresses of IPv6 as people do, and mapped ones as IPv4', () => {
    expect(parseSocketTable(TCP6).map(({ address }) => address)).toEqual([
      '::1',
      '127.0.0.1',
      '::',
      '2001:db8::123:4567:89ab:cdef',
    ]);
  });
});

describe('parseStat', () => {
  it('reads past the name of a program, whatever is in it', () => {
    expect(parseStat('42 (a (b) 1 2) S 7 40 39 0 -1 4194304')).toEqual({
      pid: 42,
      state: 'S',
      parent: 7,
      group: 40,
      session: 39,
    });
  });
});

describe('familyOf', () => {
  it('has descendants, in whatever order they are listed, and those of the session whose parents have ended', () => {
    const processes = [
      { pid: 13, parent: 12, session: 12 },
      { pid: 12, parent: 11, session: 12 },
      { pid: 11, parent: 10, session: 10 },
      { pid: 20, parent: 1, session: 10 },
      { pid: 10, parent: 5, session: 10 },
      { pid: 5, parent: 1, session: 5 },
    ];
    expect(familyOf(10, processes)).toEqual(new Set([10, 11, 12, 13, 20]));
  });
});

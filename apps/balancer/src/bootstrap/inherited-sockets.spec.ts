import { describe, expect, it } from 'vitest';
import { readInheritedSockets, requireSocketForEachThread } from './inherited-sockets.js';

const PID = 42;

function read(variables: Record<string, string>, isOpenSocket: (descriptor: number) => boolean = () => true) {
  return readInheritedSockets({ LISTEN_PID: String(PID), ...variables }, PID, isOpenSocket);
}

describe('readInheritedSockets', () => {
  it('finds no socket without LISTEN_FDS', () => {
    expect(read({})).toEqual({ data: [], tls: [], control: undefined });
    expect(read({ LISTEN_FDS: '0' })).toEqual({ data: [], tls: [], control: undefined });
  });

  it('assigns sockets by their names', () => {
    expect(read({ LISTEN_FDS: '3', LISTEN_FDNAMES: 'control:data:data' })).toEqual({
      data: [4, 5],
      tls: [],
      control: 3,
    });
    expect(read({ LISTEN_FDS: '1', LISTEN_FDNAMES: 'control' })).toEqual({ data: [], tls: [], control: 3 });
  });

  it('assigns data, then control, without names', () => {
    expect(read({ LISTEN_FDS: '1' })).toEqual({ data: [3], tls: [], control: undefined });
    expect(read({ LISTEN_FDS: '2', LISTEN_FDNAMES: '' })).toEqual({ data: [3], tls: [], control: 4 });
  });

  it.each(['41', '', '42x'])('ignores variables for another process: LISTEN_PID %j', (pid) => {
    expect(read({ LISTEN_FDS: 'what', LISTEN_PID: pid })).toEqual({ data: [], tls: [], control: undefined });
  });

  it.each([
    [{ LISTEN_FDS: '-1' }, 'LISTEN_FDS must be a whole number from 0 to 9999, got "-1"'],
    [{ LISTEN_FDS: 'two' }, 'LISTEN_FDS must be a whole number from 0 to 9999, got "two"'],
    [{ LISTEN_FDS: '3' }, 'LISTEN_FDNAMES must name the 3 sockets of LISTEN_FDS, each data, tls or control'],
    [
      { LISTEN_FDS: '2', LISTEN_FDNAMES: 'control:control' },
      'LISTEN_FDNAMES must name at most one control socket, got 2',
    ],
    [
      { LISTEN_FDS: '2', LISTEN_FDNAMES: 'data' },
      'LISTEN_FDNAMES must be data, tls or control for each of the 2 sockets of LISTEN_FDS, separated by colons ' +
        '(FileDescriptorName= of a systemd socket), got "data"',
    ],
    [
      { LISTEN_FDS: '1', LISTEN_FDNAMES: 'fairlead.socket' },
      'LISTEN_FDNAMES must be data, tls or control for each of the 1 sockets of LISTEN_FDS, separated by colons ' +
        '(FileDescriptorName= of a systemd socket), got "fairlead.socket"',
    ],
  ])('rejects %j', (variables, message) => {
    expect(() => read(variables as Record<string, string>)).toThrow(message);
  });

  it('requires one data socket for each thread', () => {
    const sockets = (...data: number[]) => ({ data, tls: [] });
    const threads = (count: number) => ({ DATA_PLANE_THREADS: count });
    for (const count of [0, 1, 2]) requireSocketForEachThread(sockets(), threads(count));
    requireSocketForEachThread(sockets(3), threads(0));
    requireSocketForEachThread(sockets(3), threads(1));
    requireSocketForEachThread(sockets(3, 4), threads(2));
    const message = 'DATA_PLANE_THREADS must be the number of data sockets that LISTEN_FDNAMES names, ';
    expect(() => requireSocketForEachThread(sockets(3), threads(2))).toThrow(`${message}1, got 2`);
    expect(() => requireSocketForEachThread(sockets(3, 4), threads(0))).toThrow(`${message}2, got 0`);
  });

  it('requires open sockets', () => {
    expect(() => read({ LISTEN_FDS: '2' }, (descriptor) => descriptor === 3)).toThrow(
      'LISTEN_FDS announces 2 sockets from descriptor 3 on, but descriptor 4 is no socket',
    );
  });
});

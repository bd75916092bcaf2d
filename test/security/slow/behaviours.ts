// The ways to hold a server's places with little effort.
import { get, request, upgradeTo } from '../../support/http-text.ts';
import type { Behaviour } from './crowd.ts';
import { ENDLESS_PATH, HANG_PATH, LARGE_PATH } from './paths.ts';

/** Sends something at the beginning, and something every second. */
const drips = (name: string, first: string, each: string): Behaviour => ({
  name,
  begin: (socket) => void socket.resume().write(first),
  eachSecond: (socket) => void socket.write(each),
});
const leaves = (name: string, first: string, leavesAfterSeconds = 1): Behaviour => ({
  name,
  begin: (socket) => void socket.write(first),
  leavesAfterSeconds,
});
const waits = (name: string, first: string): Behaviour => ({
  name,
  begin: (socket) => void socket.resume().write(first),
});
const readsNothing = (name: string, first: string): Behaviour => ({
  name,
  begin: (socket) => void socket.pause().write(first),
});

const atControlPlane = (behaviour: Behaviour): Behaviour => ({
  ...behaviour,
  name: `${behaviour.name}, at the control plane`,
  isAtControlPlane: true,
});

const PIPELINED = 50;
/** Each moves megabytes into buffers: more of them would show how fast the machine copies. */
const HEAVY_SECONDS = 4;

export const BEHAVIOURS: readonly Behaviour[] = [
  waits('idle connections', ''),
  drips('slow heads', 'GET /attack HTTP/1.1\r\nHost: h\r\n', 'X: 1\r\n'),
  drips('slow bodies', request('POST', '/attack', ['Content-Length: 1000000'], 'x'), 'x'),
  drips('slow chunks', request('POST', '/attack', ['Transfer-Encoding: chunked'], '1\r\nx\r\n'), '1\r\nx\r\n'),
  readsNothing('unread responses', get(LARGE_PATH)),
  readsNothing('unread responses to pipelined requests', get(LARGE_PATH).repeat(PIPELINED)),
  leaves('requests that hang, and are left', get(HANG_PATH)),
  leaves('responses that are left', get(LARGE_PATH), HEAVY_SECONDS),
  waits('upgrades that get no response', upgradeTo('attack', HANG_PATH)),
  leaves('upgrades without a response that are left', upgradeTo('attack', HANG_PATH)),
  readsNothing('upgrades refused with an endless body, unread', upgradeTo('attack', ENDLESS_PATH)),
  leaves('upgrades refused with an endless body, left', upgradeTo('attack', ENDLESS_PATH), HEAVY_SECONDS),
  atControlPlane(waits('idle connections', '')),
  atControlPlane(drips('slow heads', 'POST /api/v1/backends HTTP/1.1\r\nHost: localhost\r\n', 'X: 1\r\n')),
  atControlPlane(
    readsNothing('unread metrics', get('/api/v1/metrics').replace('example.org', 'localhost').repeat(PIPELINED)),
  ),
];

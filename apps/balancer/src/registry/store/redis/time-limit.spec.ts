import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { TimeLimitError, within } from './time-limit.js';

const LIMIT_MS = 100;

/** Keeps this thread busy. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

it('passes on what the server has sent, and why it failed', async () => {
  await expect(within(LIMIT_MS, Promise.resolve('PONG'))).resolves.toBe('PONG');
  await expect(within(LIMIT_MS, Promise.reject(new Error('READONLY')))).rejects.toThrow('READONLY');
});

it('rejects when the server is silent', async () => {
  const silence = within(LIMIT_MS, new Promise(() => {}));
  await expect(silence).rejects.toEqual(new TimeLimitError(LIMIT_MS));
  await expect(silence).rejects.toThrow('no response within 0.1 s');
});

it('hears a server that responds at once, when this process was busy for longer than the limit', async () => {
  const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  const response = within(LIMIT_MS, once(socket, 'data'));
  // The server is in this process, too: it needs some turns of the event loop.
  setImmediate(() => socket.write('PING'));
  block(3 * LIMIT_MS);
  expect(String(await response)).toBe('PING');
});

it('goes on waiting while the server responds to others, and no longer', async () => {
  const enough = 40;
  let responses = 0;
  const silence = within(LIMIT_MS, new Promise(() => {}), () => Math.min(++responses, enough));
  await expect(silence).rejects.toThrow(TimeLimitError);
  expect(responses).toBeGreaterThan(enough);
});

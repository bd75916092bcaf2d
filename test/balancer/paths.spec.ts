// Paths that servers may read differently, as ESCAPED_CHARACTERS, ESCAPED_SLASHES, REPEATED_SLASHES and
// DOT_SEGMENTS have it.
import { describe, expect, it } from 'vitest';
import { ScriptedBackend, echo } from '../differential/scripted-backend.js';
import { WireClient, methodOf } from '../differential/wire-client.js';
import { get, upgradeTo } from '../support/http-text.js';
import { shared, type AtEnd } from '../support/lifetime.js';
import { startBalancer } from '../support/processes.js';
import { join } from '../support/upstreams.js';

const actions = (action: string) => ({
  ESCAPED_CHARACTERS: action,
  ESCAPED_SLASHES: action,
  REPEATED_SLASHES: action,
  DOT_SEGMENTS: action,
});

function serving(env: Record<string, string>) {
  return shared(async (atEnd: AtEnd) => {
    const [balancer, backend] = await Promise.all([startBalancer(env, atEnd), ScriptedBackend.start(atEnd)]);
    backend.script = echo;
    await join(balancer, 'a', backend.port);
    return { balancer, backend };
  });
}

/** Sends a request. Returns the first line of what the backend received, and that of the response. */
async function exchange({ balancer, backend }: ReturnType<typeof serving>['current'], bytes: string) {
  backend.takeReceived();
  const client = await WireClient.open(balancer.port);
  client.send(bytes, methodOf(bytes));
  await client.until(() => client.answeredCount > 0);
  client.socket.destroy();
  const { startLine: status, body } = client.answers[0];
  return { forwarded: backend.takeReceived()[0]?.startLine, status, body };
}

const CASES = [
  ['/a%2fb%5C?c=%2f', '/a/b/?c=%2f', 'an escaped slash'],
  ['/a//b?c//d', '/a/b?c//d', 'two slashes'],
  ['/a/.././b?/../', '/b?/../', 'a dot segment'],
  ['/%61/%2e%2E/b?%61', '/b?%61', 'a letter, a digit'],
  ['http://h/a/../b', '/b', 'a dot segment'],
] as const;

describe.each(['on', 'off'])('with FAST_LANE=%s', (FAST_LANE) => {
  const normalizing = serving({ FAST_LANE, ...actions('normalize') });
  const rejecting = serving({ FAST_LANE, ...actions('reject') });

  it.each(CASES)('%s is forwarded as %s, or refused', async (target, normal, what) => {
    expect((await exchange(normalizing.current, get(target))).forwarded).toBe(`GET ${normal} HTTP/1.1`);
    const refused = await exchange(rejecting.current, get(target));
    expect([refused.forwarded, refused.status]).toEqual([undefined, 'HTTP/1.1 400 Bad Request']);
    expect(refused.body).toContain(`the path must not have ${what}`);
  });

  it('the same holds for upgrades', async () => {
    const upgrade = upgradeTo('websocket', '/a/../b');
    expect((await exchange(normalizing.current, upgrade)).forwarded).toBe('GET /b HTTP/1.1');
    const refused = await exchange(rejecting.current, upgrade);
    expect([refused.forwarded, refused.status]).toEqual([undefined, 'HTTP/1.1 400 Bad Request']);
  });

  it('other paths are forwarded unchanged', async () => {
    for (const { current } of [normalizing, rejecting]) {
      expect((await exchange(current, get('/a/b.c/..d?e'))).forwarded).toBe('GET /a/b.c/..d?e HTTP/1.1');
    }
  });
});

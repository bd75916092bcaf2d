import { describe, expect, it } from 'vitest';
import { get } from '../support/http-text.js';
import { metricsOf, settled } from '../support/metrics.js';
import { backendIn, startBalancer } from '../support/processes.js';
import { openSocket, receivedUntil, sendRaw } from '../support/raw-client.js';
import { httpUpstream, join, echoUpstream } from '../support/upstreams.js';

describe('upgrades', () => {
  const upgrade = (protocol: string) =>
    get(
      '/chat',
      'Connection: Upgrade',
      `Upgrade: ${protocol}`,
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    );

  it.each(['websocket', 'custom/1'])(
    'an upgrade to %s passes, and its reservation is released when the connection ends',
    async (protocol) => {
      const balancer = await startBalancer();
      await join(balancer, 'a', (await echoUpstream()).port);
      const socket = await openSocket(balancer.port);
      socket.write(upgrade(protocol));
      const head = await receivedUntil(socket, '\r\n\r\n');
      expect(head).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
      expect(head.toLowerCase()).toContain(`upgrade: ${protocol}`);
      socket.write('ping-pong');
      expect(await receivedUntil(socket, 'ping-pong')).toBe('ping-pong');
      expect((await metricsOf(balancer)).fleet.inFlight).toBe(1);
      socket.destroy();
      await settled(balancer);
    },
  );

  it('an upgrade goes to another backend when one refuses, and gets 503 when there is none', async () => {
    const balancer = await startBalancer({ PLACEMENT_POLICY: 'round-robin', RECHECK_MIN_SECONDS: '0.1' });
    const gone = await httpUpstream((_, response) => response.end());
    await join(balancer, 'gone', gone.port);
    await join(balancer, 'here', (await echoUpstream()).port);
    gone.closeAllConnections();
    gone.close();
    for (let i = 0; i < 4; i++) {
      const socket = await openSocket(balancer.port);
      socket.write(upgrade('websocket'));
      expect(await receivedUntil(socket, '\r\n\r\n')).toMatch(/^HTTP\/1\.1 101 /);
    }
    await backendIn(balancer.control, 'gone', 'down');
    await fetch(`${balancer.control}/api/v1/backends/here/drain`, { method: 'POST' });
    expect(await sendRaw(balancer.port, upgrade('websocket'))).toMatch(/^HTTP\/1\.1 503 /);
  });

  it('a request for HTTP/2 in clear text is served in HTTP/1.1', async () => {
    const balancer = await startBalancer();
    await join(balancer, 'a', (await echoUpstream()).port);
    const text = await sendRaw(
      balancer.port,
      get('/', 'Connection: Upgrade, HTTP2-Settings, close', 'Upgrade: h2c', 'HTTP2-Settings: x'),
    );
    expect(text).toMatch(/no upgrade$/);
  });
});

import { describe, expect, it } from 'vitest';
import { metricsOf, settled } from '../support/metrics.js';
import { backendIn, startBalancer } from '../support/processes.js';
import { openSocket, receivedUntil, sendRaw } from '../support/raw-client.js';
import { httpUpstream, join } from '../support/upstreams.js';

describe('upgrades', () => {
  const upgrade = (protocol: string) =>
    `GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nSec-WebSocket-Version: 13\r\n` +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

  async function echoUpstream() {
    const server = await httpUpstream((_, response) => response.end('no upgrade'));
    server.on('upgrade', (request, socket) => {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\n`,
      );
      socket.on('error', () => {});
      socket.pipe(socket);
    });
    return server;
  }

  it.each(['websocket', 'custom/1'])(
    'passes %s through, and gives the reservation back at its end',
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

  it('turns to another backend when one refuses, and says 503 when all do', async () => {
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

  it('serves a request for HTTP/2 in clear text as if it had asked for nothing', async () => {
    const balancer = await startBalancer();
    await join(balancer, 'a', (await echoUpstream()).port);
    const answer = await sendRaw(
      balancer.port,
      'GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n',
    );
    expect(answer).toMatch(/no upgrade$/);
  });
});

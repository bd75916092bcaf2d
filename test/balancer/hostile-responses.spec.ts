// Responses by which a backend could stop a thread or the process, in both lanes.
import { describe, expect, it } from 'vitest';
import { metricsOf, settled } from '../support/metrics.js';
import { startBalancer } from '../support/processes.js';
import { sendRaw } from '../support/raw-client.js';
import { join, tcpUpstream } from '../support/upstreams.js';

const GET = 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';

describe.each(['on', 'off'])('with FAST_LANE=%s', (FAST_LANE) => {
  /** What a client gets from a balancer whose only backend sends these bytes. */
  async function relayed(bytes: string) {
    const balancer = await startBalancer({ FAST_LANE, DEMAND_SOURCE: 'learned' });
    const { port } = await tcpUpstream((socket) => socket.once('data', () => socket.end(bytes, 'latin1')));
    await join(balancer, 'a', port);
    const response = await sendRaw(balancer.port, GET);
    // The control plane runs in the same thread: it would not respond either.
    expect((await metricsOf(balancer)).backends[0]).toMatchObject({ state: 'up', errors: 0 });
    await settled(balancer);
    return { balancer, response };
  }

  it('early hints with a link of sixty parameters that is wrong at its end are left out', async () => {
    const link = `<a>${';a=b'.repeat(60)};"`;
    const { response } = await relayed(
      `HTTP/1.1 103 Early Hints\r\nLink: ${link}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`,
    );
    expect(response).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(response).toMatch(/ok$/);
  });

  it('early hints with several links, quoted and not, reach the client', async () => {
    const { response } = await relayed(
      'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload; as="style", </b.js>;rel=preload\r\nX-A: 1\r\n\r\n' +
        'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    );
    expect(response).toMatch(
      /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload; as="style", <\/b\.js>;rel=preload\r\n\r\nHTTP\/1\.1 200 OK\r\n/,
    );
  });

  it('a cost report that is nested 4,000 levels deep is ignored', async () => {
    const report = `JSON {"request_cost":{"compute":1},"x":${'['.repeat(4000)}${']'.repeat(4000)}}`;
    const { balancer, response } = await relayed(
      `HTTP/1.1 200 OK\r\nEndpoint-Load-Metrics: ${report}\r\nContent-Length: 2\r\n\r\nok`,
    );
    expect(response).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(response).toMatch(/ok$/);
    await balancer.process.logged('are ignored: malformed');
  });
});

import { once } from 'node:events';
import { connect } from 'node:net';
import { beforeEach, describe, expect, it } from 'vitest';
import { get, head, request } from '../support/http-text.js';
import { shared } from '../support/lifetime.js';
import { metricsOf, settled } from '../support/metrics.js';
import { backendIn, startBalancer } from '../support/processes.js';
import { openSocket, receivedUntil, sendRaw } from '../support/raw-client.js';
import { emptyFleet, httpUpstream, join, tcpUpstream } from '../support/upstreams.js';

/** The head of a response, and less of its body than it announces. */
const HALF = head('HTTP/1.1 200 OK', ['Content-Length: 100']) + 'half';

const serving = shared((atEnd) => startBalancer({}, atEnd));
beforeEach(() => emptyFleet(serving.current));

describe('failing backends', () => {
  it('the response is 503 with Retry-After when there is no backend', async () => {
    const response = await fetch(serving.current.url);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toMatchObject({ statusCode: 503, error: 'Service Unavailable' });
  });

  it('a request of any method goes to another backend when one refuses, which is taken out of traffic', async () => {
    const balancer = await startBalancer({ PLACEMENT_POLICY: 'round-robin', PING_ACK_INTERVAL_SECONDS: '1000' });
    const gone = await httpUpstream((_, response) => response.end());
    const here = await httpUpstream((request, response) => void request.pipe(response));
    await join(balancer, 'gone', gone.port);
    await join(balancer, 'here', here.port);
    gone.closeAllConnections();
    gone.close();
    await once(gone, 'close');
    for (let i = 0; i < 20; i++) {
      const response = await fetch(balancer.url, { method: 'POST', body: `body ${i}` });
      expect(response.status).toBe(200);
      expect(await response.text()).toBe(`body ${i}`);
    }
    await backendIn(balancer.control, 'gone', 'down');
    const { fleet, backends } = await metricsOf(balancer);
    expect(fleet.requests).toBe(20);
    expect(fleet.retries).toBeGreaterThan(0);
    expect(backends.find(({ id }) => id === 'gone')?.errors).toBe(fleet.retries);
    await settled(balancer);
  });

  it('a GET is sent again after a reset, and a POST is not', async () => {
    const balancer = await startBalancer({
      PLACEMENT_POLICY: 'round-robin',
      RECHECK_MIN_SECONDS: '0.01',
      OUTLIER_CONSECUTIVE_GATEWAY_ERRORS: '0',
      OUTLIER_CONSECUTIVE_5XX: '0',
    });
    let resets = 0;
    const { port } = await tcpUpstream((socket) =>
      socket.once('data', () => {
        resets++;
        socket.resetAndDestroy();
      }),
    );
    let posts = 0;
    const here = await httpUpstream((request, response) => {
      if (request.method === 'POST') posts++;
      response.end('here');
    });
    await join(balancer, 'reset', port);
    await join(balancer, 'here', here.port);
    for (let i = 0; i < 6; i++) {
      await backendIn(balancer.control, 'reset', 'up');
      expect((await fetch(balancer.url)).status).toBe(200);
    }
    expect(resets).toBeGreaterThan(0);

    resets = 0;
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) {
      await backendIn(balancer.control, 'reset', 'up');
      statuses.push((await fetch(balancer.url, { method: 'POST', body: 'once' })).status);
    }
    expect(statuses.filter((status) => status === 502)).toHaveLength(resets);
    expect(posts + resets).toBe(6);
    expect(resets).toBeGreaterThan(0);
    await settled(balancer);
  });

  it('a request gets 504 at its deadline when the only backend hangs', async () => {
    const balancer = await startBalancer({
      CONNECT_TIMEOUT_SECONDS: '0.2',
      ATTEMPT_TIMEOUT_SECONDS: '0.3',
      REQUEST_TIMEOUT_SECONDS: '1',
    });
    const { port } = await tcpUpstream(() => {});
    await join(balancer, 'hangs', port);
    const response = await fetch(balancer.url);
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ message: expect.stringMatching(/^no response within \d+ ms$/) });
    expect((await fetch(balancer.url, { method: 'POST', body: 'x' })).status).toBe(504);
    await settled(balancer);
  });

  it('a GET goes to another backend when one hangs', async () => {
    const balancer = await startBalancer({ ATTEMPT_TIMEOUT_SECONDS: '1' });
    const { port } = await tcpUpstream(() => {});
    const here = await httpUpstream((_, response) => response.end('here'));
    await join(balancer, 'hangs', port);
    await join(balancer, 'here', here.port, { resources: { compute: 1, storage: 1 } });
    expect(await (await fetch(balancer.url)).text()).toBe('here');
    expect((await metricsOf(balancer)).fleet).toMatchObject({ retries: 1 });
    await settled(balancer);
  });

  it('a truncated response is truncated for the client too', async () => {
    const balancer = serving.current;
    const { port } = await tcpUpstream((socket) =>
      socket.once('data', (head) => {
        if (head.includes('/length')) socket.end(HALF);
        else socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
      }),
    );
    await join(balancer, 'a', port);
    for (const path of ['/length', '/chunked']) {
      await backendIn(balancer.control, 'a', 'up');
      const answer = await sendRaw(balancer.port, get(path));
      expect(answer, path).toMatch(/^HTTP\/1\.1 200 OK[^]*half/);
      expect(answer, path).not.toMatch(/\r\n0\r\n/);
      await backendIn(balancer.control, 'a', 'up');
      const response = await fetch(balancer.url + path);
      await expect(response.text(), path).rejects.toThrow();
    }
    expect((await metricsOf(balancer)).backends[0].errors).toBe(4);
    await settled(balancer);
  });

  it.each([
    ['junk', 'no http at all\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a length and a coding', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a strange coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['nothing at all', ''],
  ])('the response is 502 when the backend sends %s', async (_, bytes) => {
    const balancer = serving.current;
    const { port } = await tcpUpstream((socket) => socket.once('data', () => socket.end(bytes)));
    await join(balancer, 'a', port);
    expect((await fetch(balancer.url, { method: 'POST', body: 'x' })).status).toBe(502);
    await settled(balancer);
  });

  it('a response whose body stands still is cut', async () => {
    const balancer = await startBalancer({ STREAM_IDLE_TIMEOUT_SECONDS: '0.2' });
    const { port } = await tcpUpstream((socket) => socket.once('data', () => socket.write(HALF)));
    await join(balancer, 'a', port);
    await expect((await fetch(balancer.url)).text()).rejects.toThrow();
    await settled(balancer);
  });

  it('a client that stops in the middle of its body gets 408, and the backend is not blamed', async () => {
    const balancer = await startBalancer({ STREAM_IDLE_TIMEOUT_SECONDS: '0.2' });
    const { port } = await httpUpstream((request, response) => request.resume().on('end', () => response.end()));
    await join(balancer, 'a', port);
    const socket = await openSocket(balancer.port);
    socket.write(request('PUT', '/', ['Content-Length: 100'], 'half'));
    expect(await receivedUntil(socket, '\r\n\r\n')).toMatch(/^HTTP\/1\.1 408 /);
    expect((await metricsOf(balancer)).backends[0]).toMatchObject({ state: 'up', errors: 0 });
    await settled(balancer);
  });

  it('a request that comes back to the balancer gets 508', async () => {
    const balancer = serving.current;
    // A relay in between, so that the address does not give the loop away.
    const relay = await tcpUpstream((socket) => {
      const onward = connect(balancer.port, '127.0.0.1');
      onward.on('error', () => {});
      socket.pipe(onward).pipe(socket);
    });
    await join(balancer, 'loop', relay.port);
    expect((await fetch(balancer.url)).status).toBe(508);
  });
});

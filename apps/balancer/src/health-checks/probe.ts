// One active health check (ping-ack) of a backend.
import { get } from 'node:http';
import type { Socket } from 'node:net';
import type { HealthConfig } from '@fairlead/traffic-config';
import { Injectable } from '@nestjs/common';
import type { Backend } from '../registry/backend.js';
import { ForbiddenAddressError } from '../net/backend-access.js';
import { defaultPortOf, endpointOf, type BackendEndpoint } from '../net/backend-endpoint.js';
import { isResourceExhaustion, describeError } from '../net/network-error.js';
import { describeNameMismatch } from '../net/tls-error.js';
import { BackendConnector, openEventOf } from '../tls/backend-connector.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';

/** The result of a probe. `not-pinged`: this machine lacked a descriptor, port or memory; the backend is not judged. */
export interface ProbeResult {
  readonly what: 'ping-ok' | 'ping-failed' | 'ping-unanswered' | 'not-pinged';
  /** What happened, for people. */
  readonly reason: string;
}

/** A backend, as far as a probe needs to know it. */
export type ProbeTarget = Pick<Backend, 'url' | 'pingPath' | 'pool'>;

/** A health endpoint needs no larger body: a longer one counts as a failure. */
const MAX_RESPONSE_BYTES = 65_536;

@Injectable()
export class HealthProbe {
  constructor(
    private readonly connector: BackendConnector,
    private readonly traffic: CurrentTraffic,
  ) {}

  /**
   * Succeeds with a complete response to `GET pingPath` that has one of the statuses of the pool, 2xx by default, within
   * the timeout of the pool. Without a path of its own a backend has that of its pool; without either, an accepted
   * connection is enough, and with TLS a handshake. Never rejects.
   */
  async ping({ url, pingPath, pool }: ProbeTarget): Promise<ProbeResult> {
    const { health } = this.traffic.settingsOf(pool);
    const path = pingPath ?? health.path;
    return path === undefined ? this.connectOnly(new URL(url), health) : this.getFrom(new URL(url + path), health);
  }

  private connectOnly(url: URL, { timeoutSeconds }: HealthConfig): Promise<ProbeResult> {
    const timeoutMs = timeoutSeconds * 1000;
    return new Promise((resolve) => {
      const socket = this.connectTo(endpointOf(url));
      const finish = (what: ProbeResult['what'], reason: string) => {
        clearTimeout(deadline);
        socket.destroy();
        resolve({ what, reason });
      };
      const deadline = setTimeout(() => finish('ping-unanswered', timeoutReason(timeoutMs)), timeoutMs);
      socket.once(openEventOf(socket), () => finish('ping-ok', 'ping: connected'));
      socket.on('error', (error) => finish(failureOf(error), `ping failed: ${causeOf(error)}`));
    });
  }

  private getFrom(url: URL, { timeoutSeconds, statuses }: HealthConfig): Promise<ProbeResult> {
    const timeoutMs = timeoutSeconds * 1000;
    return new Promise((resolve) => {
      const endpoint = endpointOf(url);
      const request = get({
        ...endpoint,
        // In `Host`, this port is left out.
        defaultPort: defaultPortOf(endpoint.isSecure),
        path: url.pathname + url.search,
        headers: { 'user-agent': 'fairlead-ping', connection: 'close' },
        createConnection: () => this.connectTo(endpoint),
      });
      request.on('response', (response) => {
        const status = response.statusCode ?? 0;
        if (!statuses.some(({ from, to }) => from <= status && status <= to)) {
          finish('ping-failed', `ping failed: status ${status}`);
          return;
        }
        hasResponse = true;
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MAX_RESPONSE_BYTES)
            finish('ping-failed', `ping failed: the response has more than ${MAX_RESPONSE_BYTES} bytes`);
        });
        response.once('end', () => finish('ping-ok', `ping: status ${status}`));
        response.on('error', (error) => finish('ping-failed', `ping failed: ${describeError(error)}`));
      });
      let hasResponse = false;
      const finish = (what: ProbeResult['what'], reason: string) => {
        clearTimeout(deadline);
        request.destroy();
        resolve({ what, reason });
      };
      const deadline = setTimeout(() => {
        if (hasResponse) finish('ping-failed', `ping failed: the response did not end within ${timeoutMs} ms`);
        else finish('ping-unanswered', timeoutReason(timeoutMs));
      }, timeoutMs);
      request.on('error', (error) => finish(failureOf(error), `ping failed: ${causeOf(error)}`));
    });
  }

  /**
   * A ping is the first to connect to a backend, and may be the last when its name has got another address. It verifies the
   * certificate each time.
   */
  private connectTo(endpoint: BackendEndpoint): Socket {
    return this.connector.connect(endpoint, { resume: false });
  }
}

function timeoutReason(timeoutMs: number): string {
  return `ping failed: no response within ${timeoutMs} ms`;
}

/** Names and addresses are only for the operator: clients see the description of the code. */
function causeOf(error: Error): string {
  if (error instanceof ForbiddenAddressError) return error.message;
  return describeNameMismatch(error) ?? describeError(error);
}

function failureOf(error: Error): ProbeResult['what'] {
  return isResourceExhaustion(error) ? 'not-pinged' : 'ping-unanswered';
}

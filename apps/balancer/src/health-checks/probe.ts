// One active health check (ping-ack) of a backend.
import { get } from 'node:http';
import type { Socket } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import type { Backend } from '../registry/backend.js';
import { ForbiddenAddressError } from '../net/backend-access.js';
import { defaultPortOf, endpointOf, type BackendEndpoint } from '../net/backend-endpoint.js';
import { isResourceExhaustion, describeError } from '../net/network-error.js';
import { describeNameMismatch } from '../net/tls-error.js';
import { BackendConnector, openEventOf } from '../tls/backend-connector.js';

/** The result of a probe. `not-pinged`: this machine lacked a descriptor, port or memory; the backend is not judged. */
export interface ProbeResult {
  readonly what: 'ping-ok' | 'ping-failed' | 'ping-unanswered' | 'not-pinged';
  /** What happened, for people. */
  readonly reason: string;
}

/** A health endpoint needs no larger body: a longer one counts as a failure. */
const MAX_RESPONSE_BYTES = 65_536;

@Injectable()
export class HealthProbe {
  private readonly timeoutMs: number;

  constructor(
    private readonly connector: BackendConnector,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    this.timeoutMs = config.PING_TIMEOUT_SECONDS * 1000;
  }

  /**
   * Succeeds with a complete 2xx response to `GET pingPath` within PING_TIMEOUT_SECONDS; without a path, with an
   * accepted connection, and with TLS a handshake. Never rejects.
   */
  async ping({ url, pingPath }: Pick<Backend, 'url' | 'pingPath'>): Promise<ProbeResult> {
    return pingPath === undefined ? this.connectOnly(new URL(url)) : this.getFrom(new URL(url + pingPath));
  }

  private connectOnly(url: URL): Promise<ProbeResult> {
    return new Promise((resolve) => {
      const socket = this.connectTo(endpointOf(url));
      const finish = (what: ProbeResult['what'], reason: string) => {
        clearTimeout(deadline);
        socket.destroy();
        resolve({ what, reason });
      };
      const deadline = setTimeout(() => finish('ping-unanswered', this.timeoutReason()), this.timeoutMs);
      socket.once(openEventOf(socket), () => finish('ping-ok', 'ping: connected'));
      socket.on('error', (error) => finish(failureOf(error), `ping failed: ${causeOf(error)}`));
    });
  }

  private getFrom(url: URL): Promise<ProbeResult> {
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
        if (status < 200 || status >= 300) {
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
        if (hasResponse) finish('ping-failed', `ping failed: the response did not end within ${this.timeoutMs} ms`);
        else finish('ping-unanswered', this.timeoutReason());
      }, this.timeoutMs);
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

  private timeoutReason(): string {
    return `ping failed: no response within ${this.timeoutMs} ms`;
  }
}

/** Names and addresses are only for the operator: clients see the description of the code. */
function causeOf(error: Error): string {
  if (error instanceof ForbiddenAddressError) return error.message;
  return describeNameMismatch(error) ?? describeError(error);
}

function failureOf(error: Error): ProbeResult['what'] {
  return isResourceExhaustion(error) ? 'not-pinged' : 'ping-unanswered';
}

// One active health check (ping-ack) of a backend.
import { get } from 'node:http';
import type { Socket } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import type { Backend } from '../registry/backend.js';
import { bareHost } from '../net/address.js';
import { ForbiddenAddressError, backendAccess } from '../net/backend-access.js';
import { isResourceExhaustion, describeError } from '../net/network-error.js';

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

  constructor(@Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>) {
    this.timeoutMs = config.PING_TIMEOUT_SECONDS * 1000;
  }

  /**
   * Succeeds with a complete 2xx response to `GET pingPath` within PING_TIMEOUT_SECONDS; without a path, with an
   * accepted connection. Never rejects.
   */
  async ping({ url, pingPath }: Pick<Backend, 'url' | 'pingPath'>): Promise<ProbeResult> {
    return pingPath === undefined ? this.connectOnly(new URL(url)) : this.getFrom(url + pingPath);
  }

  private connectOnly(url: URL): Promise<ProbeResult> {
    return new Promise((resolve) => {
      const socket = connectTo(url);
      const finish = (what: ProbeResult['what'], reason: string) => {
        clearTimeout(deadline);
        socket.destroy();
        resolve({ what, reason });
      };
      const deadline = setTimeout(() => finish('ping-unanswered', this.timeoutReason()), this.timeoutMs);
      socket.once('connect', () => finish('ping-ok', 'ping: connected'));
      socket.on('error', (error) => finish(failureOf(error), `ping failed: ${causeOf(error)}`));
    });
  }

  private getFrom(target: string): Promise<ProbeResult> {
    return new Promise((resolve) => {
      const headers = { 'user-agent': 'fairlead-ping', connection: 'close' };
      const createConnection = () => connectTo(new URL(target));
      const request = get(target, { createConnection, headers }, (response) => {
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

  private timeoutReason(): string {
    return `ping failed: no response within ${this.timeoutMs} ms`;
  }
}

/** A ping is the first to connect to a backend, and may be the last when its name has got another address. */
function connectTo({ hostname, port }: URL): Socket {
  return backendAccess.connect({ host: bareHost(hostname), port: Number(port || 80) });
}

/** What was wrong with the address is only for the operator: clients see the description of the code. */
function causeOf(error: Error): string {
  return error instanceof ForbiddenAddressError ? error.message : describeError(error);
}

function failureOf(error: Error): ProbeResult['what'] {
  return isResourceExhaustion(error) ? 'not-pinged' : 'ping-unanswered';
}

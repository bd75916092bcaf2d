// One ping-ack: does a backend answer?
import { get } from 'node:http';
import { connect } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import type { Backend } from '../registry/backend.js';
import { isShortage, wordsFor } from '../net/network-error.js';

/** The outcome of a ping. `not-pinged`: the balancer lacked the means, and knows nothing. */
export interface PingOutcome {
  readonly what: 'ping-ok' | 'ping-failed' | 'ping-unanswered' | 'not-pinged';
  /** What happened, for people. */
  readonly reason: string;
}

/** Nobody needs more to say that it is well. Bytes of the answer's body. */
const LONGEST_ANSWER = 65_536;

@Injectable()
export class PingClient {
  private readonly timeoutMs: number;

  constructor(@Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>) {
    this.timeoutMs = config.PING_TIMEOUT_SECONDS * 1000;
  }

  /** Never rejects. `GET pingPath` counts when it is answered 2xx, whole and in time; without a path an accepted connection counts. */
  async ping({ url, pingPath }: Pick<Backend, 'url' | 'pingPath'>): Promise<PingOutcome> {
    return pingPath === undefined ? this.connectTo(new URL(url)) : this.getFrom(url + pingPath);
  }

  private connectTo(url: URL): Promise<PingOutcome> {
    return new Promise((resolve) => {
      const socket = connect({ host: bareHost(url), port: Number(url.port || 80) });
      const finish = (what: PingOutcome['what'], reason: string) => {
        clearTimeout(deadline);
        socket.destroy();
        resolve({ what, reason });
      };
      const deadline = setTimeout(() => finish('ping-unanswered', this.tooLate()), this.timeoutMs);
      socket.once('connect', () => finish('ping-ok', 'ping: connected'));
      socket.on('error', (error) => finish(faultOf(error), `ping failed: ${wordsFor(error)}`));
    });
  }

  private getFrom(target: string): Promise<PingOutcome> {
    return new Promise((resolve) => {
      const headers = { 'user-agent': 'fairlead-ping', connection: 'close' };
      const request = get(target, { agent: false, headers }, (response) => {
        const status = response.statusCode ?? 0;
        if (status < 200 || status >= 300) {
          finish('ping-failed', `ping failed: answered ${status}`);
          return;
        }
        hasBegun = true;
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > LONGEST_ANSWER) finish('ping-failed', `ping failed: answered more than ${LONGEST_ANSWER} bytes`);
        });
        response.once('end', () => finish('ping-ok', `ping: answered ${status}`));
        response.on('error', (error) => finish('ping-failed', `ping failed: ${wordsFor(error)}`));
      });
      let hasBegun = false;
      const finish = (what: PingOutcome['what'], reason: string) => {
        clearTimeout(deadline);
        request.destroy();
        resolve({ what, reason });
      };
      const deadline = setTimeout(() => {
        if (hasBegun) finish('ping-failed', `ping failed: its answer did not end within ${this.timeoutMs} ms`);
        else finish('ping-unanswered', this.tooLate());
      }, this.timeoutMs);
      request.on('error', (error) => finish(faultOf(error), `ping failed: ${wordsFor(error)}`));
    });
  }

  private tooLate(): string {
    return `ping failed: no answer within ${this.timeoutMs} ms`;
  }
}

function faultOf(error: Error): PingOutcome['what'] {
  return isShortage(error) ? 'not-pinged' : 'ping-unanswered';
}

function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

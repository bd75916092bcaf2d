// A client that reports whether a response was complete.
import { Agent, request as plainRequest, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';

/** The response as seen by a client. */
export interface Reading {
  /** 0: the connection ended before a response began. */
  readonly status: number;
  /** Whether the client was told that this was the whole body. */
  readonly isComplete: boolean;
  readonly bytes: number;
  /** Whether the client gave up waiting: it was told neither that the body is whole nor that it broke off. */
  readonly hasGivenUp: boolean;
}

/** Kept-alive connections: where the next response could be taken for the rest of a body that was cut. */
export function aKeptAliveAgent(connections: number, isSecure: boolean): Agent {
  const options = { keepAlive: true, maxSockets: connections };
  return isSecure ? new SecureAgent({ ...options, rejectUnauthorized: false }) : new Agent(options);
}

/** What a reader is told. */
export interface ReadOptions {
  readonly agent: Agent;
  readonly patienceMs: number;
  /** Called when the head of the response is there. */
  readonly onHead?: () => void;
}

/** Reads a response to its end, however it ends; gives up after `patienceMs`. Never rejects. */
export function read(port: number, path: string, { agent, patienceMs, onHead }: ReadOptions): Promise<Reading> {
  return new Promise((resolve) => {
    let response: IncomingMessage | undefined;
    let bytes = 0;
    let hasGivenUp = false;
    const request = agent instanceof SecureAgent ? secureRequest : plainRequest;
    const asked = request({ host: '127.0.0.1', port, path, agent }, (begun) => {
      response = begun;
      onHead?.();
      begun.on('data', (chunk: Buffer) => (bytes += chunk.length));
      begun.on('error', () => {});
    });
    const timer = setTimeout(() => {
      hasGivenUp = true;
      asked.destroy();
    }, patienceMs);
    asked.on('error', () => {});
    asked.once('close', () => {
      clearTimeout(timer);
      resolve({ status: response?.statusCode ?? 0, isComplete: response?.complete ?? false, bytes, hasGivenUp });
    });
    asked.end();
  });
}

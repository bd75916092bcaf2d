// Sends requests to the control plane as they are: fetch would not send a Host or an Origin of its own choice.
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ControlResponse } from './case.ts';

/** A request to the control plane. */
export interface ControlRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export function sendTo(
  control: string,
  { method = 'POST', path, headers = {}, body = '' }: ControlRequest,
): Promise<ControlResponse> {
  const length = { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const sent = request(`${control}${path}`, { method, headers: { ...length, ...headers }, agent: false });
    sent.once('error', reject);
    sent.once('response', (response) => {
      const { statusCode = 0, headers: received } = response;
      text(response).then((read) => resolve({ status: statusCode, headers: received, text: read }), reject);
    });
    sent.end(body);
  });
}

/** Whether an error shows what only a log may: frames of a stack, or files. */
export function showsInside(text: string): boolean {
  return /\\n\s+at |\bat \S+ \(|\.[cm]?[jt]s:\d+|node_modules|node:internal/.test(text);
}

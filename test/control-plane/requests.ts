// Requests with any header fields, also those that only browsers may set; `fetch` sets some of them itself.
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

export interface SentRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The address of this machine that it comes from. */
  readonly from?: string;
}

export interface Received {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Sends a request on a connection of its own. */
export async function send(
  origin: string,
  { method = 'GET', path = '/', headers, body, from }: SentRequest,
): Promise<Received> {
  const sent = request(origin + path, { method, agent: false, headers: { ...headers }, localAddress: from });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}

/** The message of a problem. */
export function messageOf({ body }: Received): string {
  return (JSON.parse(body) as { message: string }).message;
}

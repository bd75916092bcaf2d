// A backend on bare TCP that sends exactly the scripted bytes, and records the requests.
import type { Socket } from 'node:net';
import { whenTestEnds, type AtEnd } from '../support/lifetime.js';
import { tcpUpstream } from '../support/upstreams.js';
import { head, type ResponseCase } from './corpus.js';
import { readMessage, type Message } from './messages.js';

/** The response for a request. */
export type Script = (request: Message) => ResponseCase;

/** Names the request in its body, so that a client can match the response. */
export const echo: Script = ({ startLine }) => {
  const [method, target] = startLine.split(' ', 2);
  const body = `${method} ${target}`;
  const bytes = head('HTTP/1.1 200 OK', [`Content-Length: ${body.length}`, 'X-Backend: echo']);
  return { name: 'echo', parts: [method === 'HEAD' ? bytes : bytes + body], ending: 'keep' };
};

export class ScriptedBackend {
  port = 0;
  script: Script = echo;
  /** Awaited before each part of a response but the first. */
  beforeNextPart: () => Promise<unknown> = () => new Promise((resolve) => setImmediate(resolve));
  /** Awaited before a reset: it discards what the balancer has not read. */
  beforeReset: () => Promise<unknown> = () => Promise.resolve();
  private received: Message[] = [];
  private readonly bytes = new Map<Socket, string>();
  private readonly sockets = new Set<Socket>();
  private readonly pending = new Set<Promise<void>>();

  /** Serves on a free port until the test is over. */
  static async start(atEnd: AtEnd = whenTestEnds): Promise<ScriptedBackend> {
    const backend = new ScriptedBackend();
    backend.port = (await tcpUpstream((socket) => backend.serve(socket), atEnd)).port;
    return backend;
  }

  /** How much came since it was last taken. */
  get receivedCount(): number {
    return this.received.length;
  }

  /** What came since the last call, in its order. */
  takeReceived(): Message[] {
    const { received } = this;
    this.received = [];
    return received;
  }

  /** Number of bytes that came since they were last taken. */
  get byteCount(): number {
    return [...this.bytes.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  }

  /** The bytes that came since the last call, those of each connection on their own. */
  takeBytes(): string[] {
    const taken = [...this.bytes.values()];
    this.bytes.clear();
    return taken;
  }

  /** Ends all connections. */
  hangUp(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Resolves when all was said, and the balancer has let go of the connections that were ended here. */
  async isDone(): Promise<void> {
    while (this.pending.size > 0) await Promise.all(this.pending);
  }

  private serve(socket: Socket): void {
    let text = '';
    let isResponding = false;
    let hasContinued = false;
    // A part that is sent must not wait for the acknowledgement of the one before (RFC 896).
    socket.setNoDelay(true);
    this.sockets.add(socket);
    const readOn = (hasEnded: boolean): void => {
      if (isResponding) return;
      // Whether or not the body is there already: the one or the other would be a matter of microseconds.
      if (!hasContinued && expectsContinue(text)) {
        hasContinued = true;
        socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      }
      const reading = readMessage(text, { hasEnded });
      if (!reading) return;
      text = reading.rest;
      hasContinued = false;
      this.received.push(reading.message);
      if (!reading.message.isWhole) return;
      isResponding = true;
      const goOn = () => {
        isResponding = false;
        readOn(socket.destroyed);
      };
      void this.untilOver(this.answer(socket, this.script(reading.message))).then(goOn);
    };
    socket.on('data', (chunk) => {
      const bytes = chunk.toString('latin1');
      this.bytes.set(socket, (this.bytes.get(socket) ?? '') + bytes);
      text += bytes;
      readOn(false);
    });
    socket.on('close', () => {
      this.sockets.delete(socket);
      readOn(true);
    });
  }

  private async untilOver(what: Promise<void>): Promise<void> {
    this.pending.add(what);
    await what;
    this.pending.delete(what);
  }

  private async answer(socket: Socket, { parts, ending }: ResponseCase): Promise<void> {
    for (const [index, part] of parts.entries()) {
      if (index > 0) await this.beforeNextPart();
      if (socket.destroyed) return;
      if (part !== '') await new Promise((resolve) => socket.write(part, 'latin1', resolve));
    }
    if (ending === 'reset') await this.beforeReset();
    if (ending === 'keep' || socket.destroyed) return;
    void this.untilOver(new Promise<void>((resolve) => socket.once('close', () => resolve())));
    if (ending === 'close') socket.end();
    else socket.resetAndDestroy();
  }
}

function expectsContinue(text: string): boolean {
  const headEnd = text.indexOf('\r\n\r\n');
  return headEnd !== -1 && /\r\nexpect: *100-continue\r\n/i.test(text.slice(0, headEnd + 2));
}

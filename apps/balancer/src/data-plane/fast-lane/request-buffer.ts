// A request's head as it is forwarded, kept as long as it may have to be sent again.
import type { ForwardingRule, RequestHead } from '@fairlead/http1';
import type { Socket } from 'node:net';
import { REQUEST_ID_HEADER } from '../headers/request-id-header.js';
import type { RequestChanges } from '../routing/request-changes.js';
import type { RequestIds } from '../request/request-ids.js';
import type { RequestCopy } from '../mirror/mirror.js';
import type { WriteBuffer } from './write-buffer.js';

/** Most heads are shorter, with what the balancer adds. */
const INITIAL_BYTES = 2048;
/** A buffer that grew beyond this for a large head is not kept. */
const MAX_KEPT_BYTES = 16_384;
/** What precedes the id in its line. */
const ID_NAME = Buffer.from(`${REQUEST_ID_HEADER}: `, 'latin1');
const LINE_END_BYTES = 2;
const CR = 0x0d;
const LF = 0x0a;
/** The longest line with an id. */
const MAX_ID_LINE_BYTES = ID_NAME.length + 128 + 2;

/** One request's head after another, in one buffer. */
export class ForwardedRequestHead {
  private bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  private end = 0;
  /** The length of the head as it was received. */
  receivedBytes = 0;
  /** Where the client's own fields end. */
  private fieldsEnd = 0;
  /** Where the line with the id is; empty with `REQUEST_ID=off`. */
  private idLineStart = 0;
  private idLineEnd = 0;

  constructor(private readonly ids: RequestIds) {}

  /**
   * Copies what `rule` lets pass of a head, then the lines of the balancer: where the request has been, its id
   * (`givenId`, or a new one), and what it needs with the empty line. `changes`: those of its route; `rule` drops what
   * they drop.
   */
  reset(
    head: RequestHead,
    rule: ForwardingRule,
    hopLines: Buffer,
    demandLines: Buffer,
    givenId: string | undefined,
    changes: RequestChanges | undefined,
  ): void {
    const target = changes ? changes.targetOf(head.target) : '';
    const changedBytes = changes ? target.length + changes.headers.lines.length : 0;
    const maxBytes = 2 * head.length + changedBytes + hopLines.length + MAX_ID_LINE_BYTES + demandLines.length;
    const isTooLarge = this.bytes.length > MAX_KEPT_BYTES && maxBytes <= INITIAL_BYTES;
    if (maxBytes > this.bytes.length || isTooLarge) {
      this.bytes = Buffer.allocUnsafeSlow(Math.max(INITIAL_BYTES, 2 * maxBytes));
    }
    let at = changes ? this.writeChanged(head, rule, target, changes) : head.copyForwardedHead(rule, this.bytes, 0);
    this.receivedBytes = head.length;
    this.fieldsEnd = at;
    at += hopLines.copy(this.bytes, at);
    this.idLineStart = at;
    if (this.ids.isOn) at = this.writeIdLine(at, givenId);
    this.idLineEnd = at;
    this.end = at + demandLines.copy(this.bytes, at);
  }

  /** Writes the head with another target, and the lines that are added. Returns where they end. */
  private writeChanged(head: RequestHead, rule: ForwardingRule, target: string, { headers }: RequestChanges): number {
    const { bytes } = this;
    const requestLineEnd = bytes.write(`${head.method} ${target} HTTP/1.1\r\n`, 0, 'latin1');
    const at = head.copyForwardedFields(rule, bytes, requestLineEnd);
    return at + headers.lines.copy(bytes, at);
  }

  /** The id of the request; undefined with `REQUEST_ID=off`. */
  get requestId(): string | undefined {
    const { bytes, idLineStart, idLineEnd } = this;
    if (idLineStart === idLineEnd) return undefined;
    return bytes.toString('latin1', idLineStart + ID_NAME.length, idLineEnd - 2);
  }

  /** A field of the client by its name in lower case; undefined when it is absent or not forwarded. */
  field(name: string): string | undefined {
    const text = this.bytes.toString('latin1', 0, this.fieldsEnd);
    const at = text.toLowerCase().indexOf(`\r\n${name}: `);
    if (at === -1) return undefined;
    const start = at + name.length + 4;
    return text.slice(start, text.indexOf('\r\n', start));
  }

  /** The request with a body, as a copy of it is sent. */
  copyWith(body: Buffer): RequestCopy {
    const [requestLine, ...lines] = this.bytes.toString('latin1', 0, this.end - 2 * LINE_END_BYTES).split('\r\n');
    const [method, target] = requestLine.split(' ');
    const headers = lines.flatMap((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    });
    return { method, target, headers, body };
  }

  /** Appends the line with the id, for the response. */
  appendIdLineTo(buffer: WriteBuffer): void {
    if (this.idLineStart < this.idLineEnd) buffer.appendLine(this.bytes, this.idLineStart, this.idLineEnd);
  }

  /** Writes the head. If the system does not take all of it at once, the socket keeps the buffer and this gets a new one. */
  send(socket: Socket): void {
    socket.write(this.bytes.subarray(0, this.end));
    if (socket.writableLength > 0) this.bytes = Buffer.from(this.bytes);
  }

  /** Appends the head to `buffer`, with `pathPrefix` in front of the target. */
  appendTo(buffer: WriteBuffer, pathPrefix: string, method: string): void {
    if (pathPrefix === '') {
      buffer.appendBytes(this.bytes, 0, this.end);
      return;
    }
    buffer.append(`${method} ${pathPrefix}`);
    buffer.appendBytes(this.bytes, method.length + 1, this.end);
  }

  /** Returns where the line ends. Byte by byte: for so few bytes that is faster than calls that copy. */
  private writeIdLine(start: number, givenId: string | undefined): number {
    const { bytes, ids } = this;
    let at = start;
    for (let i = 0; i < ID_NAME.length; i++) bytes[at++] = ID_NAME[i];
    at = givenId === undefined ? ids.write(bytes, at) : at + bytes.write(givenId, at, 'latin1');
    bytes[at++] = CR;
    bytes[at++] = LF;
    return at;
  }
}

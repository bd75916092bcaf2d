// A DNS server on a free port of 127.0.0.1 (RFC 1035), whose records a test changes.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { whenTestEnds, type AtEnd } from './lifetime.js';

/** A record. The names in SRV records are not compressed (RFC 2782). */
export type DnsRecord =
  | { readonly type: 'A'; readonly address: string }
  /** `address`: eight words, without `::`. */
  | { readonly type: 'AAAA'; readonly address: string }
  | { readonly type: 'SRV'; readonly priority: number; readonly port: number; readonly target: string };

const TYPES = { A: 1, AAAA: 28, SRV: 33 } as const;
const RESPONSE_FLAGS = 0x8400;
const [NXDOMAIN, SERVFAIL] = [3, 2];
const TTL_SECONDS = 1;

export class DnsServer {
  /** Records by name, without a dot at the end. Other names do not exist. */
  readonly records = new Map<string, readonly DnsRecord[]>();
  /** Whether each response is SERVFAIL. */
  isFailing = false;
  /** How many lookups there were. */
  lookups = 0;

  private constructor(private readonly socket: Socket) {
    socket.on('message', (query, { port, address }) => socket.send(this.respond(query), port, address));
  }

  static async start(atEnd: AtEnd = whenTestEnds): Promise<DnsServer> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    atEnd(() => void socket.close());
    return new DnsServer(socket);
  }

  /** As `DNS_SERVERS` has it. */
  get address(): string {
    return `127.0.0.1:${this.socket.address().port}`;
  }

  private respond(query: Buffer): Buffer {
    this.lookups++;
    const { name, end } = nameAt(query, 12);
    const type = query.readUInt16BE(end);
    const known = this.records.get(name.toLowerCase());
    const found = this.isFailing ? [] : (known ?? []).filter((record) => TYPES[record.type] === type);
    const code = this.isFailing ? SERVFAIL : known === undefined ? NXDOMAIN : 0;
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(RESPONSE_FLAGS | code, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(found.length, 6);
    return Buffer.concat([head, query.subarray(12, end + 4), ...found.map(bytesOf)]);
  }
}

function nameAt(query: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  for (; query[at] > 0; at += query[at] + 1) labels.push(query.toString('latin1', at + 1, at + 1 + query[at]));
  return { name: labels.join('.'), end: at + 1 };
}

/** A record whose name is that of the question. */
function bytesOf(record: DnsRecord): Buffer {
  const data = dataOf(record);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(TYPES[record.type], 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(TTL_SECONDS, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function dataOf(record: DnsRecord): Buffer {
  if (record.type === 'A') return Buffer.from(record.address.split('.').map(Number));
  if (record.type === 'AAAA') return Buffer.from(record.address.split(':').flatMap(bytesOfWord));
  const numbers = Buffer.alloc(6);
  numbers.writeUInt16BE(record.priority, 0);
  numbers.writeUInt16BE(record.port, 4);
  const labels = record.target.split('.').map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`));
  return Buffer.concat([numbers, ...labels, Buffer.alloc(1)]);
}

function bytesOfWord(word: string): number[] {
  const value = parseInt(word, 16);
  return [value >> 8, value & 0xff];
}

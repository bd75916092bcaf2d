// `npm run bench:http1`: what framing costs per head, and what alternative ways of writing a forwarded head cost.
//
// The output of every contender is checked before any is timed. `--expose-gc` also measures the heap.
// `npm run bench:http1 -- --quick` only checks, in about a second, that everything runs; its figures mean nothing.
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Bench } from 'tinybench';
import { RequestIds } from '../../apps/balancer/src/data-plane/request/request-ids.js';
import { ChunkScanner, FieldNames, ForwardingRule, RequestHead, ResponseHead } from '@fairlead/http1';

const REQUEST = [
  'GET /api/v1/reports/17/items?limit=50&sort=created HTTP/1.1',
  'Host: shop.example.com',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Accept-Language: en-GB,en;q=0.9,de;q=0.8',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Referer: https://shop.example.com/catalogue',
  'Cookie: session=2f7c1d5e8b4a4f0c9a61d3; theme=dark; consent=1',
  'Cache-Control: no-cache',
  'X-Request-Id: 5e0d6f6e-6c3b-4e2b-b5e5-0c7b2a1f3d4e',
  'Connection: keep-alive',
];
const RESPONSE = [
  'HTTP/1.1 200 OK',
  'Content-Type: application/json; charset=utf-8',
  'Content-Length: 1024',
  'ETag: "5e0d6f6e6c3b4e2b"',
  'Cache-Control: private, max-age=60',
  'Endpoint-Load-Metrics: JSON {"request_cost":{"compute":3}}',
  'Date: Sun, 22 Nov 2026 12:00:00 GMT',
  'Connection: keep-alive',
  'Keep-Alive: timeout=5',
];
/** Headers that a balancer adds: `Via`, `X-Forwarded-*`, `Forwarded`, the demand. */
const OWN_LINES = [
  'Via: 1.1 fairlead-0a1b2c3d',
  'X-Forwarded-For: 10.0.0.7',
  'X-Forwarded-Proto: http',
  'X-Forwarded-Host: shop.example.com',
  'Forwarded: for=10.0.0.7;host=shop.example.com;proto=http',
  'Compute: 3',
  'Storage: 1',
  'Fairlead-Demand: compute=3, storage=1',
  '\r\n',
].join('\r\n');

const names = new FieldNames(['via', 'x-forwarded-for', 'forwarded', 'compute', 'storage', 'endpoint-load-metrics']);
const rule = new ForwardingRule(names, ['connection', 'keep-alive', 'via', 'endpoint-load-metrics']);
const limits = { maxHeadBytes: 16_384, maxTargetBytes: 16_384, maxFields: 100 };
const request = inBuffer(`${REQUEST.join('\r\n')}\r\n\r\n`);
const response = inBuffer(`${RESPONSE.join('\r\n')}\r\n\r\n`);
const ids = new RequestIds({ REQUEST_ID: 'on' });
const requestHead = new RequestHead(names, limits);
const responseHead = new ResponseHead(names, limits);
const output = Buffer.alloc(65_536);
/** Heads per timed call, so that the cost of the call is negligible. */
const BATCH = 100;

const frameRequest = () => requestHead.frame(request.bytes, request.from, request.to);
const frameResponse = () => responseHead.frame(response.bytes, response.from, response.to, 'GET');
const contenders: Record<string, () => number> = {
  'request head, framed': frameRequest,
  'response head, framed': frameResponse,
  'request head, framed and forwarded as a string': () => frameRequest() && writeAsString(),
  'request head, framed and forwarded by copying': () => frameRequest() && copyLines(),
  'request head, framed and forwarded by copying bytes': () => frameRequest() && copyBytes(),
  'response head, framed and forwarded as a string': () =>
    frameResponse() && output.write(`${responseHead.forwardedHead(rule)}${OWN_LINES}`, 'latin1'),
  'new request id, written': () => ids.write(output, 0),
  'new request id, by one call of the crypto library': () => output.write(randomBytes(16).toString('hex'), 'latin1'),
};

check();
const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values;
const bench = new Bench(quick ? { time: 0, iterations: 2, warmup: false } : { time: 400, warmupTime: 200 });
for (const [name, run] of Object.entries(contenders)) {
  bench.add(name, () => {
    for (let i = 0; i < BATCH; i++) run();
  });
}
const chunked = [16, 1024, 16_384].map((size) => {
  const piece = `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`;
  return { size, bytes: Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length))) };
});
for (const { size, bytes } of chunked) bench.add(`chunks of ${size} B`, () => scanAll(bytes));
await bench.run();

console.log(`Request head ${request.to - request.from} B, response head ${response.to - response.from} B.`);
console.table(
  Object.fromEntries(
    Object.entries(contenders).map(([name, run]) => [
      name,
      { ns: Math.round((medianMs(name) * 1e6) / BATCH), 'heap bytes': bytesPerRun(run) },
    ]),
  ),
);
console.table(
  Object.fromEntries(
    chunked.map(({ size, bytes }) => {
      const ms = medianMs(`chunks of ${size} B`);
      return [`chunks of ${size} B`, { 'MB/s': Math.round(bytes.length / 1e3 / ms) }];
    }),
  ),
);

/** A head somewhere in a read buffer. */
function inBuffer(head: string): { bytes: Buffer; from: number; to: number } {
  const bytes = Buffer.alloc(65_536);
  return { bytes, from: 100, to: 100 + bytes.write(head, 100, 'latin1') };
}

function writeAsString(): number {
  return output.write(`${requestHead.forwardedHead(rule)}${OWN_LINES}`, 'latin1');
}

/** The alternative: each line copied into an existing buffer with a native call. */
function copyLines(): number {
  const { fields } = requestHead;
  const firstLine = fields.nameStart(0);
  let at = request.bytes.copy(output, 0, request.from, request.from + firstLine);
  for (let place = 0; place < fields.count; place++) {
    if (rule.isDropped[fields.numberAt(place)] === 1) continue;
    const start = request.from + fields.nameStart(place);
    at += request.bytes.copy(output, at, start, request.from + fields.valueEnd(place) + 2);
  }
  return at + output.write(OWN_LINES, at, 'latin1');
}

/** The other alternative: byte by byte. */
function copyBytes(): number {
  const { bytes, from } = request;
  const { fields } = requestHead;
  let at = 0;
  for (let i = 0; i < fields.nameStart(0); i++) output[at++] = bytes[from + i];
  for (let place = 0; place < fields.count; place++) {
    if (rule.isDropped[fields.numberAt(place)] === 1) continue;
    const end = fields.valueEnd(place) + 2;
    for (let i = fields.nameStart(place); i < end; i++) output[at++] = bytes[from + i];
  }
  return at + output.write(OWN_LINES, at, 'latin1');
}

function scanAll(bytes: Buffer): void {
  const scanner = new ChunkScanner();
  if (scanner.scan(bytes, 0, bytes.length) !== bytes.length)
    throw new Error('the chunked body has an unexpected length');
}

function check(): void {
  const expected = `${REQUEST.slice(0, -1).join('\r\n')}\r\n${OWN_LINES}`;
  frameRequest();
  for (const write of [writeAsString, copyLines, copyBytes]) {
    output.fill(0);
    const length = write();
    if (output.toString('latin1', 0, length) !== expected)
      throw new Error(`${write.name} does not write the expected head`);
  }
  if (frameResponse() !== response.to - response.from) throw new Error('the response head is not accepted');
}

function medianMs(name: string): number {
  const result = bench.getTask(name)?.result;
  if (result === undefined || !('latency' in result)) throw new Error(`${name} was not timed`);
  return result.latency.p50;
}

/** Heap growth per run, bytes; -1 without `--expose-gc`. */
function bytesPerRun(run: () => number): number {
  if (globalThis.gc === undefined) return -1;
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 2000; i++) run();
  return Math.round((process.memoryUsage().heapUsed - before) / 2000);
}

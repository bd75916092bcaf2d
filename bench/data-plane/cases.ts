// The cases of the benchmark: the size of the response, the request, and the number of connections.
import { MEASURED_HOST } from '../contenders/sites.ts';

/** A case: a series of identical requests. */
export interface Case {
  /** Name for the flag `--case`. */
  readonly name: string;
  /** Name in the tables. */
  readonly title: string;
  readonly path: string;
  /** Size of the response's body, bytes. */
  readonly responseBytes: number;
  /** Size of the request's body, bytes; 0 for a GET without a body. */
  readonly requestBytes: number;
  readonly connections: number;
  /** Whether the client reuses connections; otherwise each request has `Connection: close`. */
  readonly keepsAlive: boolean;
  /** Whether the client speaks TLS. */
  readonly isSecure: boolean;
  /** The host that requests name; undefined: the address. */
  readonly host?: string;
  /** Whether only the contenders that name this case take part: they are configured for it. */
  readonly isForFew?: true;
}

const KIB = 1024;

const USUAL = { requestBytes: 0, connections: 64, keepsAlive: true, isSecure: false };

/** The path of a file of the backends, by size. */
export const filePath = (bytes: number): string => `/files/${bytes}`;

/** The folder from which the same files are sent chunked. */
export const CHUNKED_FOLDER = '/chunked/';

const file = (bytes: number) => ({ ...USUAL, path: filePath(bytes), responseBytes: bytes });

/** All cases, in the order of the tables. */
export const CASES: readonly Case[] = [
  { name: '100b', title: '100 B', ...file(100) },
  { name: '1kib', title: '1 KiB', ...file(KIB) },
  { name: '16kib', title: '16 KiB', ...file(16 * KIB) },
  { name: '1mib', title: '1 MiB, 16 connections', ...file(KIB * KIB), connections: 16 },
  {
    name: 'post',
    title: '16 KiB POST',
    ...USUAL,
    path: '/sink',
    responseBytes: 2,
    requestBytes: 16 * KIB,
  },
  { name: 'chunked', title: '16 KiB chunked', ...USUAL, path: `${CHUNKED_FOLDER}${16 * KIB}`, responseBytes: 16 * KIB },
  { name: 'connections-1', title: '1 KiB, 1 connection', ...file(KIB), connections: 1 },
  { name: 'connections-512', title: '1 KiB, 512 connections', ...file(KIB), connections: 512 },
  { name: 'no-keep-alive', title: '1 KiB, no keep-alive', ...file(KIB), keepsAlive: false },
  { name: 'tls-1kib', title: 'TLS, 1 KiB', ...file(KIB), isSecure: true },
  { name: 'tls-16kib', title: 'TLS, 16 KiB', ...file(16 * KIB), isSecure: true },
  { name: 'tls-1mib', title: 'TLS, 1 MiB, 16 connections', ...file(KIB * KIB), connections: 16, isSecure: true },
  { name: 'routes', title: '1 KiB, 1,000 routes', ...file(KIB), host: MEASURED_HOST, isForFew: true },
  { name: 'rewrite', title: '1 KiB, path and three headers rewritten', ...file(KIB), isForFew: true },
];

/** The case that most bars use. */
export const USUAL_CASE = '1kib';

/** Headers of every request besides Host: ten, as a browser sends them, about 700 bytes. */
export const HEADERS: Readonly<Record<string, string>> = {
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Accept-Language': 'en-GB,en;q=0.9,de;q=0.7',
  'Accept-Encoding': 'gzip, deflate, br',
  Referer: 'https://shop.example.org/catalogue/garden/tools?page=3&sort=price',
  Cookie:
    'session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; consent=necessary.statistics; ' +
    'cart=eyJpdGVtcyI6WzE3LDQyLDk5XSwic3VtIjoxMjguNX0; last_seen=2026-11-02T09%3A41%3A07Z',
  'Cache-Control': 'max-age=0',
  'Sec-Fetch-Mode': 'navigate',
  'Upgrade-Insecure-Requests': '1',
  'X-Correlation-Id': '4bf92f35-77b3-4da6-a3ce-929d0e0e4736',
};

/** A body of this size: deterministic text that no server filter changes. */
export function bodyOf(bytes: number): Buffer {
  if (bytes === 2) return Buffer.from('ok');
  const line = 'Fairlead benchmarks its data plane: 0123456789 abcdefghijklmnopqrstuvwxyz\n';
  return Buffer.from(line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes));
}

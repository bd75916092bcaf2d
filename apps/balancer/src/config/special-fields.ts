// Schemas for the kinds of value that only a variable of the balancer has.
import { Resolver } from 'node:dns';
import { availableParallelism } from 'node:os';
import { z } from 'zod';

const MAX_THREADS = 64;
const THREADS_FORM = `must be auto or a whole number from 0 to ${MAX_THREADS}`;
/** Systems on which libuv supports SO_REUSEPORT: their kernels distribute connections among sockets on one port. */
const REUSE_PORT_SYSTEMS = new Set<string>(['linux', 'freebsd', 'sunos', 'aix']);
/** `DATA_PLANE_THREADS`: a number of threads, or `auto`. */
export const threadCount = z
  .string()
  .transform((text) => (text === 'auto' ? defaultThreadCount() : /^\d{1,2}$/.test(text) ? Number(text) : NaN))
  .refine((threads) => threads <= MAX_THREADS, THREADS_FORM);

function defaultThreadCount(): number {
  return REUSE_PORT_SYSTEMS.has(process.platform) ? Math.min(MAX_THREADS, availableParallelism()) : 0;
}

const SERVERS_FORM =
  'must be IP addresses separated by commas, each with a port or without, such as 10.0.0.2,[fd00::2]:5353';
/** `DNS_SERVERS`: addresses with optional ports; parsed into a list. */
export const dnsServers = z
  .string()
  .transform((text) => text.split(',').map((server) => server.trim()))
  .refine(areServers, SERVERS_FORM);

function areServers(servers: readonly string[]): boolean {
  try {
    new Resolver().setServers(servers);
    return true;
  } catch {
    return false;
  }
}

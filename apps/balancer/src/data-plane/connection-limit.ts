// The default limit of client connections, derived from the file descriptors that the system allows this process.
import { readFileSync } from 'node:fs';

/** Descriptors for everything but clients and backends: listening sockets, the log, the registry file, probes. */
const RESERVED_DESCRIPTORS = 64;
/** Part of the rest for clients; the other part is for backends. An idle client needs no connection to a backend. */
const CLIENTS_RATIO = 2 / 3;
const MIN_CONNECTIONS = 16;

/** Computed like HAProxy's default `maxconn`; infinite where the system does not show its limit. */
export function defaultMaxConnections(): number {
  const descriptors = allowedDescriptors();
  return Math.max(MIN_CONNECTIONS, Math.floor((descriptors - RESERVED_DESCRIPTORS) * CLIENTS_RATIO));
}

/** The soft limit on Linux, which Node raises to the hard limit at its start. */
function allowedDescriptors(): number {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return found ? Number(found[1]) : Infinity;
  } catch {
    return Infinity;
  }
}

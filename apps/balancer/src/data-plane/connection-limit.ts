// How many clients there is room for, from the file descriptors that the system allows this process.
import { readFileSync } from 'node:fs';

/** Descriptors for what is neither a client nor a backend: listening sockets, the log, the registry file, pings. */
const RESERVED_DESCRIPTORS = 64;
/** Of the rest, for clients; backends get the other part. A client that only keeps its connection needs no backend. */
const CLIENTS_RATIO = 2 / 3;
const MIN_CONNECTIONS = 16;

/** The most clients at a time, as HAProxy works out its `maxconn`; infinite where the system does not tell. */
export function defaultMaxConnections(): number {
  const descriptors = allowedDescriptors();
  return Math.max(MIN_CONNECTIONS, Math.floor((descriptors - RESERVED_DESCRIPTORS) * CLIENTS_RATIO));
}

/** Linux: the soft limit, which Node has raised as far as it may. */
function allowedDescriptors(): number {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return found ? Number(found[1]) : Infinity;
  } catch {
    return Infinity;
  }
}

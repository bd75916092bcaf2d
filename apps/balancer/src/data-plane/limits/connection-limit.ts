// The default limit of client connections, derived from the file descriptors that the system allows this process.
import { allowedDescriptors, connectionsWithin } from '@fairlead/configuration';

/** Descriptors for listening sockets, the log, the registry file and probes. */
const RESERVED_DESCRIPTORS = 64;
/** Part of the rest for clients; the other part is for backends. An idle client needs no connection to a backend. */
const CLIENTS_RATIO = 2 / 3;
const MIN_CONNECTIONS = 16;

/**
 * Computed like HAProxy's default `maxconn`, from the descriptors that the control plane leaves; infinite where the
 * system does not show its limit.
 */
export function defaultMaxConnections(controlPlaneConnections: number, descriptors = allowedDescriptors()): number {
  const reserved = RESERVED_DESCRIPTORS + connectionsWithin(controlPlaneConnections, descriptors);
  return Math.max(MIN_CONNECTIONS, Math.floor((descriptors - reserved) * CLIENTS_RATIO));
}

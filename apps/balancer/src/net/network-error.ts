// Describes network errors for people, and recognizes those that are this machine's own.
import { describeTlsCode } from './tls-error.js';

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'host name unknown',
  EAI_AGAIN: 'host name could not be resolved',
  EMFILE: 'the balancer has no file descriptor left',
  ENFILE: 'the machine has no file descriptor left',
  EADDRNOTAVAIL: 'the balancer has no port left',
  ENOBUFS: 'the machine has no buffer left',
  ENOMEM: 'the machine has no memory left',
  EBACKENDADDRESS: 'address not allowed',
};

const EXHAUSTED = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM']);

/** Describes a network error for people. */
export function describeError(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? error.message : (DESCRIPTIONS[code] ?? describeTlsCode(code) ?? code);
}

/** Whether this machine lacked a descriptor, port or memory; the backend is not at fault then. */
export function isResourceExhaustion({ code }: NodeJS.ErrnoException): boolean {
  return code !== undefined && EXHAUSTED.has(code);
}

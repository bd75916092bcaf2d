// Network errors: in words, and whose fault they are.

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'host name unknown',
  EAI_AGAIN: 'host name could not be looked up',
  EMFILE: 'the balancer has no file descriptor left',
  ENFILE: 'the machine has no file descriptor left',
  EADDRNOTAVAIL: 'the balancer has no port left',
  ENOBUFS: 'the machine has no buffer left',
  ENOMEM: 'the machine has no memory left',
};

const EXHAUSTED = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM']);

/** A network error in words. */
export function describeError(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return (code === undefined ? undefined : DESCRIPTIONS[code]) ?? code ?? error.message;
}

/** Whether this machine lacked the means: that says nothing about a backend. */
export function isResourceExhaustion({ code }: NodeJS.ErrnoException): boolean {
  return code !== undefined && EXHAUSTED.has(code);
}

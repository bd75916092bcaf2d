// Reads changed files again. If one cannot be used, nothing changes (docs/decisions/0029).
import { isDeepStrictEqual } from 'node:util';
import { CertificateError } from './certificate.js';

/**
 * Reads material again, and returns it; undefined when it is the same as `current`, or when a file cannot be used.
 * In that case `onRejection` receives the reason, one sentence without a full stop.
 */
export function readAgain<Material>(
  read: () => Material,
  current: Material,
  onRejection: (reason: string) => void,
): Material | undefined {
  try {
    const next = read();
    return isDeepStrictEqual(next, current) ? undefined : next;
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    onRejection(`${error.message}; what was loaded before remains in use`);
    return undefined;
  }
}

// Sends requests to a server whose certificate is signed by an authority of one's own.
import { WatchedFile } from '@fairlead/watched-files';
import type { Agent } from 'undici';
import { readAuthorities } from './certificate.js';

/** `fetch` as the clients of the control plane use it. */
export type Fetch = (url: string | URL, init: RequestInit) => Promise<Response>;

/** Which authorities a client trusts. */
export interface AuthorityOptions {
  /** A PEM file. Only the authorities in it are trusted. Undefined: those that Node knows. It is read again when it has changed. */
  readonly authorityFile?: string | undefined;
  /** Receives a message when the file has changed and cannot be used; the authorities read before stay in use. */
  readonly onProblem?: ((message: string) => void) | undefined;
}

/**
 * Returns a `fetch` that trusts these authorities: Node's own where there is no file, because that one cannot be told.
 *
 * @throws {CertificateError} when the file cannot be read, or has no valid certificate.
 */
export function fetchTrusting({ authorityFile, onProblem }: AuthorityOptions): Fetch {
  if (authorityFile === undefined) return fetch;
  const trusted = new TrustingFetch(authorityFile, onProblem);
  return (url, init) => trusted.send(url, init);
}

class TrustingFetch {
  private readonly authorities: WatchedFile<string>;
  private agent: Agent | undefined;
  /** Those that the agent trusts. */
  private trusted: string | undefined;

  constructor(file: string, onProblem: AuthorityOptions['onProblem']) {
    // Its errors are clearer than those of reading a watched file.
    readAuthorities(file);
    this.authorities = new WatchedFile(file, () => readAuthorities(file), { onProblem });
  }

  async send(url: string | URL, init: RequestInit): Promise<Response> {
    // Loaded only where it is needed.
    const undici = await import('undici');
    const authorities = this.authorities.value;
    if (this.agent === undefined || authorities !== this.trusted) {
      void this.agent?.close();
      this.agent = new undici.Agent({ connect: { ca: authorities } });
      this.trusted = authorities;
    }
    // Its types of a request and a response are those of another version of the same `fetch`.
    return undici.fetch(url, { ...init, dispatcher: this.agent } as never);
  }
}

/**
 * Those of OpenSSL (`X509_V_ERR_…`) for a certificate that leads to no trusted authority. `CERT_SIGNATURE_FAILURE`: an authority
 * of the same name is trusted that has another key.
 */
const UNKNOWN_AUTHORITY_CODES: ReadonlySet<unknown> = new Set([
  'CERT_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Whether an error of {@link Fetch} means that the certificate of the server is not signed by a trusted authority. */
export function isUnknownAuthority(error: unknown): boolean {
  const { cause } = error as { readonly cause?: { readonly code?: unknown } };
  return UNKNOWN_AUTHORITY_CODES.has(cause?.code);
}

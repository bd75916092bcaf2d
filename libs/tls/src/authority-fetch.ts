// A `fetch` that trusts the certificate authorities in a file, which is read again when it changes.
import { WatchedFile } from '@fairlead/watched-files';
import type { Agent } from 'undici';
import { readAuthorities } from './certificate.js';

/** `fetch` as the clients of the control plane use it. */
export type Fetch = (url: string | URL, init: RequestInit) => Promise<Response>;

/** Which authorities a client trusts. */
export interface AuthorityOptions {
  /** A PEM file. Only the authorities in it are trusted; undefined: those built into Node. It is read again when it changes. */
  readonly authorityFile?: string | undefined;
  /** Receives a message when the file has changed and cannot be used; the authorities read before stay in use. */
  readonly onProblem?: ((message: string) => void) | undefined;
}

/**
 * Returns a `fetch` that trusts these authorities. Without a file that is Node's own, which has no option for authorities.
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
  /** The authorities that the agent trusts, in PEM. */
  private trusted: string | undefined;

  constructor(file: string, onProblem: AuthorityOptions['onProblem']) {
    // Read once more here, because the errors of `WatchedFile` for a missing file are less clear.
    readAuthorities(file);
    this.authorities = new WatchedFile(file, () => readAuthorities(file), { onProblem });
  }

  async send(url: string | URL, init: RequestInit): Promise<Response> {
    // Loaded only when it is needed.
    const undici = await import('undici');
    const authorities = this.authorities.value;
    if (this.agent === undefined || authorities !== this.trusted) {
      void this.agent?.close();
      this.agent = new undici.Agent({ connect: { ca: authorities } });
      this.trusted = authorities;
    }
    // The types of this undici and of Node's own `fetch` differ only in their version.
    return undici.fetch(url, { ...init, dispatcher: this.agent } as never);
  }
}

/**
 * The codes of OpenSSL (`X509_V_ERR_…`) for a certificate whose chain does not lead to a trusted authority.
 * `CERT_SIGNATURE_FAILURE`: a trusted authority has the same name, but another key.
 */
const UNKNOWN_AUTHORITY_CODES: ReadonlySet<unknown> = new Set([
  'CERT_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Whether a {@link Fetch} failed because the server's certificate is not signed by a trusted authority. */
export function isUnknownAuthority(error: unknown): boolean {
  const { cause } = error as { readonly cause?: { readonly code?: unknown } };
  return UNKNOWN_AUTHORITY_CODES.has(cause?.code);
}

// A certificate for the balancer under test.
import { Authority, type IssuedCertificate } from '../../../libs/tls/src/authority.fixture.ts';

/** Writes a certificate and its key to a folder. A second call replaces them. */
export async function issueCertificate(folder: string): Promise<IssuedCertificate> {
  const authority = await Authority.create(folder);
  return authority.issue('server', ['localhost', '127.0.0.1']);
}

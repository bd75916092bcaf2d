// A certificate for a balancer that is started only to see what it says of it.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509CertificateGenerator, cryptoProvider } from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Calls `use` with the files of a certificate for localhost, which exist until it is done. */
export async function withCertificate(use: (certificate: string, key: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-docs-'));
  try {
    cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const certificate = await X509CertificateGenerator.createSelfSigned({
      name: 'CN=localhost',
      keys,
      signingAlgorithm: ALGORITHM,
    });
    const files = [join(folder, 'certificate.pem'), join(folder, 'key.pem')] as const;
    const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
    writeFileSync(files[0], certificate.toString('pem'));
    writeFileSync(files[1], `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`);
    await use(...files);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// A certificate for the contenders: P-256, as most servers have today.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Authority } from '../../libs/tls/src/authority.fixture.js';
import type { SecurePlace } from './contender.js';

/** Writes the files of a certificate for localhost to a folder. */
export async function issueCertificate(folder: string): Promise<Omit<SecurePlace, 'port'>> {
  const authority = await Authority.create(folder);
  const { certificate, key, certificateFile, keyFile } = await authority.issue('server', ['localhost', '127.0.0.1']);
  const bundleFile = join(folder, 'bundle.pem');
  writeFileSync(bundleFile, certificate + key);
  return { certificateFile, keyFile, bundleFile };
}

// The certificates of the TLS port: what is refused at the start, and how a certificate in use is replaced.
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CertificateTraits } from '../../libs/tls/src/authority.fixture.js';
import { get, lastGet } from '../support/http-text.js';
import { eventsOf } from '../support/metrics.js';
import { refusedStart, until } from '../support/processes.js';
import { receivedUntil } from '../support/raw-client.js';
import {
  type SecureBalancer,
  anAuthority,
  openSecure,
  sendSecure,
  servedName,
  startSecureBalancer,
} from '../support/tls.js';
import { httpUpstream, join } from '../support/upstreams.js';

async function serving(env: Record<string, string> = {}): Promise<SecureBalancer> {
  const balancer = await startSecureBalancer(env);
  const { port } = await httpUpstream((_, response) => response.end('served'));
  await join(balancer, 'a', port);
  return balancer;
}

/** Replaces the files of the certificate in use. */
async function replaceCertificate({ authority }: SecureBalancer, name: string): Promise<void> {
  const served = await authority.issue('server', ['localhost'], { subject: `CN=${name}` });
  expect(served.certificateFile).toMatch(/server\.pem$/);
}

const eventKinds = async (balancer: SecureBalancer) => (await eventsOf(balancer)).map(({ kind }) => kind);

describe('a certificate that is replaced', () => {
  it('is used for new connections, in all threads, and leaves open ones alone', async () => {
    const balancer = await serving({ DATA_PLANE_THREADS: '2' });
    const open = await openSecure(balancer);
    await replaceCertificate(balancer, 'second');
    await until('all threads to have it', async () => {
      const names = await Promise.all(Array.from({ length: 12 }, () => servedName(balancer.tlsPort)));
      return names.every((name) => name === 'second');
    });
    const response = receivedUntil(open, 'served');
    open.write(get());
    expect(await response).toMatch(/^HTTP\/1\.1 200 /);
    const changed = (await eventsOf(balancer)).find(({ kind }) => kind === 'certificate-changed');
    expect(changed?.reason).toMatch(/server\.pem expires \d{4}-\d\d-\d\d$/);
  });

  it('stays in use while the new one is broken, and an event says so', async () => {
    const balancer = await serving();
    const { certificateFile } = await balancer.authority.issue('broken', ['localhost']);
    copyFileSync(certificateFile, certificateFile.replace('broken', 'server'));
    await until('it to be rejected', async () => (await eventKinds(balancer)).includes('certificate-rejected'));
    const rejected = (await eventsOf(balancer)).find(({ kind }) => kind === 'certificate-rejected');
    expect(rejected?.reason).toMatch(
      /^the key in \S+ does not belong to the certificate in \S+; what was loaded before remains/,
    );
    expect(await servedName(balancer.tlsPort)).toBe('server');
    await replaceCertificate(balancer, 'third');
    await until('it to be replaced', async () => (await servedName(balancer.tlsPort)) === 'third');
  });

  it('does not end earlier sessions, which any thread resumes', async () => {
    const balancer = await serving({ DATA_PLANE_THREADS: '2' });
    const first = await openSecure(balancer);
    const [session] = (await once(first, 'session')) as [Buffer];
    await replaceCertificate(balancer, 'second');
    await until('it to be replaced', async () => (await eventKinds(balancer)).includes('certificate-changed'));
    for (let i = 0; i < 8; i++) {
      const resumed = await openSecure(balancer, { session, maxVersion: 'TLSv1.3' });
      expect(resumed.isSessionReused()).toBe(true);
    }
  });
});

describe('a list of revoked certificates that is replaced', () => {
  it('applies to new connections, and to earlier sessions', async () => {
    const authority = await anAuthority();
    const client = await authority.issue('client', ['client']);
    const list = await authority.revoke('list');
    const balancer = await startSecureBalancer(
      { TLS_CLIENT_CERTIFICATES: 'request', TLS_CLIENT_CA_FILE: authority.file, TLS_CLIENT_CRL_FILE: list },
      undefined,
      authority,
    );
    const { port } = await httpUpstream((_, response) => response.end('served'));
    await join(balancer, 'a', port);
    const identity = { cert: client.certificate, key: client.key };
    const first = await openSecure(balancer, identity);
    const [session] = (await once(first, 'session')) as [Buffer];
    await authority.revoke('list', client);
    await until('it to be noticed', async () => (await eventKinds(balancer)).includes('certificate-changed'));
    for (const options of [identity, { ...identity, session }]) {
      expect(await sendSecure(balancer, lastGet(), options).catch(() => '')).toBe('');
    }
  });
});

describe('at the start', () => {
  it('what is wrong with a certificate, or with the variables, is one clear sentence', async () => {
    const authority = await anAuthority();
    const filesOf = async (name: string, traits: CertificateTraits) => {
      const { certificateFile, keyFile } = await authority.issue(name, ['localhost'], traits);
      return { TLS_CERTIFICATE_FILES: certificateFile, TLS_KEY_FILES: keyFile };
    };
    const expired = await filesOf('expired', { validToDay: -0.5 });
    const locked = await filesOf('locked', { password: 'secret' });
    const environments = [expired, locked, {}, { TLS_CERTIFICATE_FILES: expired.TLS_CERTIFICATE_FILES }];
    const problems = await Promise.all(environments.map((env) => refusedStart({ DATA_PLANE_TLS_PORT: '0', ...env })));
    expect(problems).toEqual([
      expect.stringMatching(/^the certificate in \S+ expired on \S+\n$/),
      expect.stringMatching(/^the key in \S+ is encrypted, and no password for it is set\n$/),
      'DATA_PLANE_TLS_PORT needs TLS_CERTIFICATE_FILES, which is not set\n',
      'TLS_KEY_FILES must have one key file for each file of TLS_CERTIFICATE_FILES (1), got 0\n',
    ]);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Authority, type CertificateTraits } from './authority.fixture.js';
import { readAuthorities, readCertificate, readRevocationList } from './certificate.js';
import { subjectOf } from './subject.js';

let folder: string;
let authority: Authority;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-tls-'));
  authority = await Authority.create(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(text: string): string {
  const file = join(folder, 'text');
  writeFileSync(file, text);
  return file;
}

describe('a certificate', () => {
  it('has its names in lower case, its chain, and its key without a password', async () => {
    const { certificateFile, keyFile, certificate } = await authority.issue(
      'good',
      ['One.example', '*.two.example', '192.0.2.1'],
      {
        password: 'secret',
      },
    );
    const read = readCertificate({ certificateFile, keyFile, password: 'secret' });
    expect(read).toMatchObject({ chain: certificate, file: certificateFile, names: ['one.example', '*.two.example'] });
    expect(read.key).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    expect(read.expiresAtMs).toBeGreaterThan(Date.now());
  });

  it.each<[problem: string, traits: CertificateTraits, message: RegExp]>([
    ['expired', { validToDay: -0.5 }, /^the certificate in \S+ expired on \d{4}-\d\d-\d\dT/],
    ['not valid yet', { validFromDay: 1 }, /^the certificate in \S+ is not valid before \d{4}-/],
    ['encrypted', { password: 'secret' }, /^the key in \S+ is encrypted, and no password for it is set$/],
  ])('is refused when it is %s', async (_, traits, message) => {
    const files = await authority.issue('bad', ['bad.example'], traits);
    expect(() => readCertificate(files)).toThrow(message);
  });

  it('is refused with the key of another certificate, a wrong password, and files that are not PEM', async () => {
    const [one, other, locked] = await Promise.all([
      authority.issue('one', ['one.example']),
      authority.issue('other', ['other.example']),
      authority.issue('locked', ['locked.example'], { password: 'secret' }),
    ]);
    const { certificateFile, keyFile } = one;
    const text = fileWith('no PEM');
    const problems = [
      { certificateFile, keyFile: other.keyFile },
      { certificateFile: locked.certificateFile, keyFile: locked.keyFile, password: 'wrong' },
      { certificateFile: text, keyFile },
      { certificateFile, keyFile: text },
      { certificateFile: `${folder}/none`, keyFile },
      { certificateFile: folder, keyFile },
    ].map((files) => {
      try {
        return readCertificate(files).file;
      } catch (error) {
        return (error as Error).message.replaceAll(`${folder}/`, '').replaceAll(folder, 'folder');
      }
    });
    expect(problems).toEqual([
      'the key in other-key.pem does not belong to the certificate in one.pem',
      'the key in locked-key.pem cannot be decrypted with the password that is set',
      'text has no valid certificate in PEM ("-----BEGIN CERTIFICATE-----")',
      'the key in text is not a valid key in PEM',
      'cannot read none: there is no such file',
      'cannot read folder: it is a directory',
    ]);
  });
});

it('reads a certificate again although it has expired, if it is in use', async () => {
  const files = await authority.issue('old', ['old.example'], { validToDay: 0.0001 });
  const inUse = [readCertificate(files)];
  vi.useFakeTimers({ now: Date.now() + 60_000, toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  expect(() => readCertificate(files)).toThrow('expired on');
  expect(readCertificate(files, inUse)).toEqual(inUse[0]);
});

it('refuses what OpenSSL does not accept, with its reason', async () => {
  const { certificate, certificateFile, keyFile } = await authority.issue('chained', ['chained.example']);
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  writeFileSync(certificateFile, certificate + broken);
  expect(() => readCertificate({ certificateFile, keyFile })).toThrow(/^OpenSSL does not accept \S+chained\.pem: /);
  const list = fileWith('-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n');
  expect(() => readRevocationList(list)).toThrow(/^OpenSSL does not accept \S+text: /);
});

it('returns the contents of files of authorities and of revoked certificates, if they are PEM', async () => {
  expect(readAuthorities(authority.file)).toMatch(/^-----BEGIN CERTIFICATE-----/);
  expect(() => readAuthorities(fileWith('no PEM'))).toThrow('has no valid certificate in PEM');
  expect(readRevocationList(await authority.revoke('list'))).toMatch(/^-----BEGIN X509 CRL-----/);
  expect(() => readRevocationList(fileWith('no PEM'))).toThrow('has no revocation list in PEM');
});

it.each([
  ['C=DE\nO=Example\nCN=Ann', 'CN=Ann,O=Example,C=DE'],
  ['O=A\\, B\nCN=Zoë\n', String.raw`CN=Zo\C3\AB,O=A\, B`],
  ['CN=\u{1F600}', String.raw`CN=\F0\9F\98\80`],
])('the subject %j is %j in one line', (subject, line) => {
  expect(subjectOf({ subject })).toBe(line);
});

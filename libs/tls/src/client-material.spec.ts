import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authority, type IssuedCertificate } from './authority.fixture.js';
import { clientOptions, clientPathsOf, readClientMaterial } from './client-material.js';

let folder: string;
let authority: Authority;
let issued: IssuedCertificate;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-tls-'));
  authority = await Authority.create(folder);
  issued = await authority.issue('client', ['client'], { password: 'secret' });
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the material of a client', () => {
  it('is nothing without files', () => {
    expect(readClientMaterial({})).toEqual({ authorities: undefined, certificate: undefined });
    expect(clientPathsOf({})).toEqual([]);
  });

  it('has its authorities, and its certificate with a key that needs no password', () => {
    const { certificateFile, keyFile, certificate } = issued;
    const files = { authorities: authority.file, certificate: { certificateFile, keyFile, password: 'secret' } };
    const material = readClientMaterial(files);
    expect(material.authorities).toBe(readFileSync(authority.file, 'utf8'));
    expect(material.certificate?.chain).toBe(certificate);
    expect(clientPathsOf(files)).toEqual([authority.file, certificateFile, keyFile]);
    const options = clientOptions(material, 'TLSv1.3');
    expect(options).toMatchObject({ ca: material.authorities, cert: certificate, minVersion: 'TLSv1.3' });
    expect(() => createSecureContext(options)).not.toThrow();
  });

  it.each([
    ['its authorities are no certificates', () => ({ authorities: fileWith('text') }), /has no valid certificate/],
    ['a file is missing', () => ({ authorities: join(folder, 'none') }), /^cannot read \S+: there is no such file$/],
  ])('cannot be read when %s', (_, filesOf, message) => {
    expect(() => readClientMaterial(filesOf())).toThrow(message);
  });
});

function fileWith(text: string): string {
  const file = join(folder, 'text');
  writeFileSync(file, text);
  return file;
}

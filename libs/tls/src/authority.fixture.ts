// A certificate authority for tests. It signs certificates, valid or not, and writes them to files.
import 'reflect-metadata';
import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  X509CrlGenerator,
} from '@peculiar/x509';

cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);

const SIGNING = { name: 'ECDSA', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

/** How a certificate differs from a valid one. Days are counted from now. */
export interface CertificateTraits {
  /** Such as `CN=Ann,O=Example`. */
  readonly subject?: string;
  readonly validFromDay?: number;
  readonly validToDay?: number;
  /** Encrypts the key. */
  readonly password?: string;
}

/** A certificate in files, and in PEM. */
export interface IssuedCertificate {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly certificate: string;
  readonly key: string;
  readonly serialNumber: string;
}

const generateKeys = () =>
  webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);

/** Signs certificates, and writes its own to a file. */
export class Authority {
  private serial = 1;

  private constructor(
    private readonly folder: string,
    private readonly keys: webcrypto.CryptoKeyPair,
    /** The file of its own certificate. */
    readonly file: string,
    private readonly name: string,
  ) {}

  /** @param folder for all files. */
  static async create(folder: string, name = 'Test authority'): Promise<Authority> {
    const keys = await generateKeys();
    const certificate = await X509CertificateGenerator.createSelfSigned({
      serialNumber: '01',
      name: `CN=${name}`,
      ...validity({}),
      signingAlgorithm: SIGNING,
      keys,
      extensions: [new BasicConstraintsExtension(true, 1, true)],
    });
    const file = join(folder, `${name}.pem`);
    writeFileSync(file, certificate.toString('pem'));
    return new Authority(folder, keys, file, `CN=${name}`);
  }

  /** Signs a certificate for these DNS names and IP addresses, and writes it to files that are called `name`. */
  async issue(name: string, hosts: readonly string[], traits: CertificateTraits = {}): Promise<IssuedCertificate> {
    const keys = await generateKeys();
    const serialNumber = `${++this.serial}`.padStart(2, '0');
    const names = hosts.map((value) => ({
      type: /^[\d.]+$|:/.test(value) ? ('ip' as const) : ('dns' as const),
      value,
    }));
    const certificate = await X509CertificateGenerator.create({
      serialNumber,
      issuer: this.name,
      subject: traits.subject ?? `CN=${name}`,
      ...validity(traits),
      signingAlgorithm: SIGNING,
      signingKey: this.keys.privateKey,
      publicKey: keys.publicKey,
      extensions: [new SubjectAlternativeNameExtension(names)],
    });
    const issued = {
      certificateFile: join(this.folder, `${name}.pem`),
      keyFile: join(this.folder, `${name}-key.pem`),
      certificate: new X509Certificate(Buffer.from(certificate.rawData)).toString(),
      key: await keyInPem(keys.privateKey, traits.password),
      serialNumber,
    };
    writeFileSync(issued.certificateFile, issued.certificate);
    writeFileSync(issued.keyFile, issued.key);
    return issued;
  }

  /** Writes a list of revoked certificates to a file. */
  async revoke(name: string, ...revoked: readonly IssuedCertificate[]): Promise<string> {
    const list = await X509CrlGenerator.create({
      issuer: this.name,
      thisUpdate: new Date(Date.now() - DAY_MS),
      nextUpdate: new Date(Date.now() + DAY_MS),
      entries: revoked.map(({ serialNumber }) => ({ serialNumber, revocationDate: new Date(Date.now() - DAY_MS) })),
      signingAlgorithm: SIGNING,
      signingKey: this.keys.privateKey,
    });
    const file = join(this.folder, `${name}.pem`);
    const base64 = Buffer.from(list.rawData).toString('base64').replaceAll(/.{64}/g, '$&\n');
    writeFileSync(file, `-----BEGIN X509 CRL-----\n${base64}\n-----END X509 CRL-----\n`);
    return file;
  }
}

function validity({ validFromDay = -1, validToDay = 30 }: CertificateTraits) {
  return {
    notBefore: new Date(Date.now() + validFromDay * DAY_MS),
    notAfter: new Date(Date.now() + validToDay * DAY_MS),
  };
}

async function keyInPem(key: webcrypto.CryptoKey, password: string | undefined): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const form = { type: 'pkcs8', format: 'pem' } as const;
  const encryption = password === undefined ? {} : { cipher: 'aes-256-cbc', passphrase: password };
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ ...form, ...encryption })
    .toString();
}

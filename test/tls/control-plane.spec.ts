// TLS on the control plane: what is served, how backends join over it, and how its certificate is replaced.
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { connect } from 'node:tls';
import type { FleetEvent } from '@fairlead/contracts';
import { describe, expect, it } from 'vitest';
import { head, lastGet } from '../support/http-text.js';
import { shared } from '../support/lifetime.js';
import { launch, refusedStart, startBalancer, until } from '../support/processes.js';
import { openSocket, receivedUntil, sendRaw } from '../support/raw-client.js';
import { anAuthority, certificateEnv, fetchTrusting, servedName } from '../support/tls.js';

const HOSTS = ['localhost', '127.0.0.1'];

const serving = shared(async (atEnd) => {
  const authority = await anAuthority(atEnd);
  const issued = await authority.issue('control', HOSTS);
  const balancer = await startBalancer(certificateEnv('CONTROL_PLANE_TLS', issued), atEnd);
  return { ...balancer, controlPort: Number(new URL(balancer.control).port), authority, issued };
});

function fetchControl(path: string, init?: Parameters<typeof fetchTrusting>[2]) {
  const { control, authority } = serving.current;
  return fetchTrusting(authority.pem, control + path, init);
}

async function events(): Promise<FleetEvent[]> {
  return ((await (await fetchControl('/api/v1/events')).json()) as { events: FleetEvent[] }).events;
}

describe('a control plane with a certificate', () => {
  it('speaks https, with the same headers, and shows when the certificate expires', async () => {
    const response = await fetchControl('/health/ready');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
    const { certificateFile } = serving.current.issued;
    const metric = `fairlead_tls_certificate_expiry_timestamp_seconds{file="${certificateFile}"}`;
    expect(await (await fetchControl('/metrics')).text()).toContain(metric);
  });

  it('says to a request without TLS to use https', async () => {
    expect(await sendRaw(serving.current.controlPort, lastGet())).toMatch(
      /^HTTP\/1\.1 400 [^]*"message":"this port is for TLS: use https"\}$/,
    );
  });

  it('serves others while handshakes are not complete, and after some that were cut', async () => {
    const { controlPort } = serving.current;
    await openSocket(controlPort);
    const begun = await openSocket(controlPort);
    begun.write(Buffer.from([0x16, 3, 1, 2, 0]));
    (await openSocket(controlPort)).resetAndDestroy();
    const cut = await openSocket(controlPort);
    cut.write(Buffer.from([0x16, 3, 1, 2, 0]));
    cut.resetAndDestroy();
    expect((await fetchControl('/health/live')).status).toBe(200);
  });

  it('accepts the original registration protocol', async () => {
    const body = JSON.stringify({ 'Compute-Vector': 1, 'Storage-Vector': 1, Port: 1 });
    const headers = { 'content-type': 'application/json' };
    const response = await fetchControl('/', { method: 'POST', headers, body });
    expect(await response.text()).toBe('Server accepted\n');
    await fetchControl('/api/v1/backends/http:%2F%2F127.0.0.1:1?now=true', { method: 'DELETE' });
  });
});

describe('a backend', () => {
  it('joins with BALANCER_CA_FILE, once the authority is in it', async () => {
    const { authority, control } = serving.current;
    const stranger = await anAuthority();
    const backend = launch('backend', {
      BACKEND_PORT: '0',
      BALANCER_URL: control,
      BALANCER_CA_FILE: stranger.file,
      WORK_SCALE: '0',
    });
    const refused = await backend.logged('no usable response');
    expect(refused.msg).toContain(
      'its certificate is signed by an unknown authority ' +
        '(set the option caFile of RegistrationModule to a file with that authority)',
    );
    copyFileSync(authority.file, stranger.file);
    await backend.logged(`registered with the balancer at ${control}`);
  });

  it('without BALANCER_CA_FILE is told to set it, and with http that the port is for TLS', async () => {
    const { control } = serving.current;
    const unknown = launch('backend', { BACKEND_PORT: '0', BALANCER_URL: control });
    const plain = launch('backend', { BACKEND_PORT: '0', BALANCER_URL: control.replace('https', 'http') });
    expect((await unknown.logged('no usable response')).msg).toContain('set the option caFile');
    expect((await plain.logged('refused the registration')).msg).toContain('this port is for TLS: use https');
  });

  it('does not start with a file of authorities that cannot be used', async () => {
    const { control, authority } = serving.current;
    const environments = [
      { BALANCER_URL: control, BALANCER_CA_FILE: '/none.pem' },
      { BALANCER_URL: 'http://127.0.0.1:1', BALANCER_CA_FILE: authority.file },
    ];
    expect(await Promise.all(environments.map((env) => refusedStart(env, 'backend')))).toEqual([
      'backend could not start: RegistrationModule: caFile: cannot read /none.pem: there is no such file\n',
      'BALANCER_CA_FILE needs an https URL in BALANCER_URL, got "http://127.0.0.1:1"\n',
    ]);
  });
});

describe('a certificate that is replaced', () => {
  it('is served to new connections, touches no open one, and a broken one changes nothing', async () => {
    const { authority, controlPort, issued } = serving.current;
    const open = connect({ port: controlPort, host: '127.0.0.1', ca: authority.pem });
    await once(open, 'secureConnect');
    await authority.issue('control', HOSTS, { subject: 'CN=second' });
    await until('it to be served', async () => (await servedName(controlPort)) === 'second');
    const response = receivedUntil(open, '\r\n\r\n');
    open.write(head('GET /health/live HTTP/1.1', ['Host: localhost']));
    expect(await response).toMatch(/^HTTP\/1\.1 200 /);
    open.destroy();

    const broken = await authority.issue('broken', HOSTS);
    copyFileSync(broken.certificateFile, issued.certificateFile);
    const rejected = () => events().then((all) => all.find(({ kind }) => kind === 'certificate-rejected'));
    await until('it to be rejected', async () => (await rejected()) !== undefined);
    expect((await rejected())?.reason).toMatch(/^control plane: the key in \S+ does not belong to .* remains in use$/);
    expect(await servedName(controlPort)).toBe('second');
    const changed = (await events()).find(({ kind }) => kind === 'certificate-changed');
    expect(changed?.reason).toMatch(/^control plane: \S+control\.pem expires \d{4}-\d\d-\d\d$/);
  });
});

describe('at the start', () => {
  it('what is wrong with the certificate, or with the variables, is one clear sentence', async () => {
    const authority = await anAuthority();
    const expired = certificateEnv('CONTROL_PLANE_TLS', await authority.issue('expired', HOSTS, { validToDay: -0.5 }));
    const { CONTROL_PLANE_TLS_CERTIFICATE_FILE } = expired;
    const problems = [expired, { CONTROL_PLANE_TLS_CERTIFICATE_FILE }].map((env) => refusedStart(env));
    expect(await Promise.all(problems)).toEqual([
      expect.stringMatching(/^the certificate in \S+ expired on \S+\n$/),
      'CONTROL_PLANE_TLS_CERTIFICATE_FILE needs CONTROL_PLANE_TLS_KEY_FILE, which is not set\n',
    ]);
  });
});

// TLS on the dashboard: on its own port, and on its connection to the balancer.
import { copyFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startDashboard } from '../dashboard/dashboard-process.js';
import { lastGet } from '../support/http-text.js';
import { shared } from '../support/lifetime.js';
import { refusedStart, startBalancer, until } from '../support/processes.js';
import { sendRaw } from '../support/raw-client.js';
import { anAuthority, certificateEnv, fetchTrusting, servedName } from '../support/tls.js';

const HOSTS = ['localhost', '127.0.0.1'];

/** A balancer whose control plane speaks https, and a dashboard that does so too. */
const serving = shared(async (atEnd) => {
  const authority = await anAuthority(atEnd);
  const control = await authority.issue('control', HOSTS);
  const balancer = await startBalancer(certificateEnv('CONTROL_PLANE_TLS', control), atEnd);
  const issued = await authority.issue('dashboard', HOSTS);
  const dashboard = await startDashboard(balancer.control, {
    BALANCER_CA_FILE: authority.file,
    ...certificateEnv('DASHBOARD_TLS', issued),
  });
  atEnd(async () => void (await dashboard.stop()));
  return { balancer, dashboard, port: Number(new URL(dashboard.url).port), authority, issued };
});

const fetchDashboard = (path: string) =>
  fetchTrusting(serving.current.authority.pem, `${serving.current.dashboard.url}${path}`);

describe('a dashboard with a certificate, and a balancer with one', () => {
  it('serves its page over https, with the same headers, and reads the balancer', async () => {
    const page = await fetchDashboard('/');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'/);
    const status = await fetchDashboard('/status');
    expect([status.status, await status.text()]).toEqual([200, expect.stringContaining('<table')]);
    expect((await fetchDashboard('/health/ready')).status).toBe(200);
  });

  it('streams the fleet', async () => {
    const { body } = await fetchDashboard('/api/events');
    let text = '';
    for await (const chunk of body!) {
      text += Buffer.from(chunk as Uint8Array).toString();
      if (text.includes('event: fleet')) break;
    }
    expect(text).toContain('event: history');
  });

  it('says to a request without TLS to use https', async () => {
    expect(await sendRaw(serving.current.port, lastGet())).toMatch(
      /^HTTP\/1\.1 400 [^]*"message":"this port is for TLS: use https"\}$/,
    );
  });

  it('serves with a certificate that was replaced, and not with one that is broken', async () => {
    const { authority, port, issued, dashboard } = serving.current;
    await authority.issue('dashboard', HOSTS, { subject: 'CN=second' });
    await until('it to be served', async () => (await servedName(port)) === 'second');
    const changed = await dashboard.process.logged('certificate changed');
    expect(changed.msg).toMatch(/^certificate changed: \S+dashboard\.pem expires \d{4}-\d\d-\d\d$/);
    copyFileSync((await authority.issue('broken', HOSTS)).certificateFile, issued.certificateFile);
    const rejected = await dashboard.process.logged('certificate rejected');
    expect(rejected.msg).toMatch(
      /: the key in \S+ does not belong to the certificate in \S+; what was loaded before remains/,
    );
    expect(await servedName(port)).toBe('second');
  });
});

describe('a dashboard that does not trust the balancer', () => {
  it('says what to set, and reads the metrics once the authority is in the file', async () => {
    const { authority, balancer } = serving.current;
    const stranger = await anAuthority();
    const dashboard = await startDashboard(balancer.control, { BALANCER_CA_FILE: stranger.file });
    const status = async () => {
      const response = await fetch(`${dashboard.url}/status`);
      return { code: response.status, text: await response.text() };
    };
    const before = await status();
    expect(before.code).toBe(503);
    expect(before.text).toContain('set BALANCER_CA_FILE of the dashboard to a file with that authority');
    copyFileSync(authority.file, stranger.file);
    await until('it to read the balancer', async () => (await status()).code === 200);
    await dashboard.stop();
  });

  it('shows what the balancer says when it speaks plain HTTP to it', async () => {
    const { balancer } = serving.current;
    const dashboard = await startDashboard(balancer.control.replace('https', 'http'));
    expect(await (await fetch(`${dashboard.url}/status`)).text()).toContain('this port is for TLS: use https');
    await dashboard.stop();
  });
});

describe('at the start', () => {
  it('what is wrong with the files, or with the variables, is one clear sentence', async () => {
    const authority = await anAuthority();
    const expired = await authority.issue('expired', HOSTS, { validToDay: -0.5 });
    const problems = [
      certificateEnv('DASHBOARD_TLS', expired),
      { DASHBOARD_TLS_CERTIFICATE_FILE: expired.certificateFile, BALANCER_CA_FILE: authority.file },
      { BALANCER_URL: 'https://127.0.0.1:1', BALANCER_CA_FILE: expired.keyFile },
    ].map((env) => refusedStart(env, 'dashboard'));
    expect(await Promise.all(problems)).toEqual([
      expect.stringMatching(/^the certificate in \S+ expired on \S+\n$/),
      'BALANCER_CA_FILE needs an https URL in BALANCER_URL, got "http://127.0.0.1:9797"\n' +
        'DASHBOARD_TLS_CERTIFICATE_FILE needs DASHBOARD_TLS_KEY_FILE, which is not set\n',
      expect.stringMatching(/^BALANCER_CA_FILE: \S+expired-key\.pem has no valid certificate in PEM /),
    ]);
  });
});

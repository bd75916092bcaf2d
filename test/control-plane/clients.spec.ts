// The clients of the control plane with tokens: the reference backend and the dashboard, as processes.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { launchDashboard, runDashboard } from '../dashboard/dashboard-process.js';
import { bearer } from '../support/bearer.js';
import { backendIn, launch, startBalancer, until, type Balancer } from '../support/processes.js';
import { aFolder } from '../support/supervisor.js';

const READ = 'read-token-of-16-or-more';
const OLD = 'old-register-token-of-16-or-more';
const NEW = 'new-register-token-of-16-or-more';

/** Replaces a file as a whole. */
function write(file: string, content: string): void {
  writeFileSync(`${file}.new`, content);
  renameSync(`${file}.new`, file);
}

/** A balancer whose tokens are in a file: one to read, and these to register. */
async function startWithTokens(...registerTokens: string[]) {
  const file = join(aFolder(), 'tokens.json');
  const setTokens = (...tokens: string[]) => {
    const entries = tokens.map((token) => ({ name: 'backends', role: 'register', token, ids: ['cpu-*'] }));
    write(file, JSON.stringify([{ name: 'reader', role: 'read', token: READ }, ...entries]));
  };
  setTokens(...registerTokens);
  return { balancer: await startBalancer({ CONTROL_PLANE_TOKENS_FILE: file }), setTokens };
}

describe('the reference backend', () => {
  function startWith(tokenFile: string, { control }: Balancer, env: Record<string, string> = {}) {
    const variables = { BACKEND_PORT: '0', BACKEND_ID: 'cpu-1', BALANCER_URL: control, LEASE_SECONDS: '3' };
    return launch('backend', { ...variables, CONTROL_PLANE_TOKEN_FILE: tokenFile, ...env });
  }

  it('renews and leaves while its token is replaced, in whichever order', async () => {
    const { balancer, setTokens } = await startWithTokens(OLD);
    const tokenFile = join(aFolder(), 'token');
    write(tokenFile, `${OLD}\n`);
    const backend = startWith(tokenFile, balancer);
    await backendIn(balancer.control, 'cpu-1', 'up', READ);
    // The backend has the new token before the balancer accepts it.
    write(tokenFile, `${NEW}\n${OLD}\n`);
    const expiry = async () => {
      const response = await fetch(`${balancer.control}/api/v1/backends/cpu-1`, { headers: bearer(READ) });
      return ((await response.json()) as { lease: { expiresInSeconds: number } }).lease.expiresInSeconds;
    };
    const renewed = async () => {
      let least = await expiry();
      await until('the lease to be renewed', async () => {
        const now = await expiry();
        const isRenewed = now > least;
        least = Math.min(least, now);
        return isRenewed;
      });
    };
    await renewed();
    setTokens(NEW);
    await renewed();
    expect(backend.lines.filter(({ msg }) => msg?.startsWith('registered with'))).toHaveLength(1);
    expect(await backend.stop('SIGTERM')).toBe(0);
    await backendIn(balancer.control, 'cpu-1', 'gone', READ);
    await backend.logged('deregistered cpu-1');
  });

  it('says what to set when its token is wrong', async () => {
    const { balancer } = await startWithTokens(NEW);
    const tokenFile = join(aFolder(), 'token');
    write(tokenFile, OLD);
    const { msg } = await startWith(tokenFile, balancer).logged('refused the registration');
    expect(msg).toContain(
      'wrong token: send the header "Authorization: Bearer <token>" (set the option token or tokenFile of ' +
        'RegistrationModule to a token with the role register)',
    );
    expect(msg).not.toContain(OLD);
  });
});

describe('the dashboard', () => {
  const requestLog = async (balancer: Balancer, env: Record<string, string>) => {
    const dashboard = launchDashboard({ BALANCER_URL: balancer.control, ...env });
    onTestFinished(() => dashboard.end());
    const { port } = await dashboard.logged('dashboard listening');
    const response = await fetch(`http://127.0.0.1:${Number(port)}/request-log`);
    return { status: response.status, body: await response.text() };
  };

  it('reads with a token from a file', async () => {
    const { balancer } = await startWithTokens(OLD);
    const tokenFile = join(aFolder(), 'token');
    write(tokenFile, READ);
    expect(await requestLog(balancer, { CONTROL_PLANE_TOKEN_FILE: tokenFile })).toEqual({
      status: 200,
      body: '{"requests":[]}',
    });
  });

  it.each([
    [401, {}],
    [403, { CONTROL_PLANE_TOKEN: OLD }],
  ])('says after a %d what to set', async (status, env) => {
    const { balancer } = await startWithTokens(OLD);
    const seen = await requestLog(balancer, env);
    expect(seen.status).toBe(502);
    expect(seen.body).toContain(
      `responded with status ${status}: set CONTROL_PLANE_TOKEN or CONTROL_PLANE_TOKEN_FILE of the dashboard to a token ` +
        'with the role read',
    );
  });

  it('does not start with a file that is missing', async () => {
    expect(await runDashboard({ CONTROL_PLANE_TOKEN_FILE: '/nowhere/token' })).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^CONTROL_PLANE_TOKEN_FILE: ENOENT: [^\n]*\n$/),
    });
  });
});

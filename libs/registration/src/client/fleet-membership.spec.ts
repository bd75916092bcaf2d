// A membership without a framework, with fake balancers that are real HTTP servers. What it has in common with
// RegistrationModule is tested there.
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeBalancer, problem } from '../../test/fake-balancer.js';
import { FleetMembership, type RegistrationOptions, type RegistrationState } from './index.js';

const PORT = 8080;

describe('FleetMembership', () => {
  let first: FakeBalancer;
  let second: FakeBalancer;
  let membership: FleetMembership | undefined;
  const lines: string[] = [];
  const record = (message: string) => void lines.push(message);
  const linesWith = (text: string) => lines.filter((line) => line.includes(text));

  beforeEach(async () => {
    first = await new FakeBalancer().start();
    second = await new FakeBalancer().start();
  });

  afterEach(async () => {
    await membership?.leave();
    await Promise.all([first.stop(), second.stop()]);
    lines.length = 0;
  });

  function aMembership(options: Partial<RegistrationOptions> = {}): FleetMembership {
    const balancerUrls = options.balancerUrl === undefined ? [first.url, second.url] : undefined;
    const defaults = { balancerUrls, id: 'a', resources: { compute: 4 }, leaseSeconds: 30 };
    const logger = { log: record, warn: record, error: record };
    membership = new FleetMembership({ ...defaults, ...options }, { logger, name: 'the test' });
    return membership;
  }

  /** Resolves when the membership changes to this status. */
  async function becomes(membership: FleetMembership, status: RegistrationState['status']): Promise<void> {
    while (membership.state.status !== status) await once(membership, 'change');
  }

  it('registers at the port that it is started with, emits each change of its state, and leaves once', async () => {
    const membership = aMembership({ balancerUrl: new URL(first.url), maxInFlight: 7 });
    const statuses: string[] = [];
    membership.on('change', ({ status }) => statuses.push(status));
    membership.start({ port: PORT });
    expect((await first.next('POST')).body).toMatchObject({ id: 'a', port: PORT, maxInFlight: 7 });
    await first.next('PUT');
    await Promise.all([membership.leave(), membership.leave()]);
    await membership.leave();
    expect(linesWith('deregistered a')).toEqual([`deregistered a from the balancer at ${first.url}`]);
    await vi.waitFor(() => expect(statuses).toEqual(['registered', 'leaving', 'left']));
  });

  it('stays registered when a listener throws, whose error is uncaught', async () => {
    const uncaught = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    try {
      const thrown = once(process, 'uncaughtException');
      const membership = aMembership();
      membership.once('change', () => {
        throw new Error('of the listener');
      });
      membership.start({ port: PORT });
      expect(await thrown).toMatchObject([{ message: 'of the listener' }, 'uncaughtException']);
      await first.next('PUT');
    } finally {
      for (const listener of uncaught) process.on('uncaughtException', listener);
    }
  });

  it('does nothing on leave before start, and refuses to start after it, or twice', async () => {
    const never = aMembership();
    await never.leave();
    expect(never.state).toEqual({ status: 'joining', id: null, reason: '' });
    expect(() => never.start({ port: PORT })).toThrow('the test: start was called after leave');
    const twice = aMembership();
    twice.start({ port: PORT });
    expect(() => twice.start({ port: PORT })).toThrow('the test: start was called twice');
  });

  it.each<[number | undefined, string]>([
    [undefined, 'the test: the app does not listen on a TCP port; set url or port'],
    [0, 'the test: port must be a whole number from 1 to 65535, got 0'],
  ])('does not start at port %s', (port, message) => {
    expect(() => aMembership().start({ port })).toThrow(message);
  });

  it('uses one balancer while it responds', async () => {
    aMembership().start({ port: PORT });
    await first.next('PUT');
    await first.next('PUT');
    expect(second.backends.size).toBe(0);
  });

  it.each([
    ['sends no usable response', problem(503, 'starting'), 'no usable response from the balancer at URL: starting'],
    ['refuses it', problem(403, 'no role'), 'the balancer at URL refused the registration: no role'],
  ])('registers with the second balancer when the first one %s', async (_, response, sentence) => {
    first.respondNext(response);
    const membership = aMembership();
    membership.start({ port: PORT });
    await second.next('PUT');
    expect(membership.state).toEqual({ status: 'registered', id: 'a', reason: '' });
    expect(lines).toEqual([
      `${sentence.replace('URL', first.url)}; using the balancer at ${second.url}`,
      `registered with the balancer at ${second.url} as a`,
    ]);
  });

  it('renews with the second address of its balancer, with the same secret', async () => {
    first.secret = 'the secret';
    const membership = aMembership();
    membership.start({ port: PORT });
    await first.next('PUT');
    for (const [id, backend] of first.backends) second.backends.set(id, backend);
    await first.stop();
    expect((await second.next('PUT')).headers['fairlead-backend-secret']).toBe('the secret');
    await second.next('PUT');
    expect(membership.state.status).toBe('registered');
    expect(linesWith(`using the balancer at ${second.url}`)).toHaveLength(1);
    expect(linesWith('registered with')).toHaveLength(1);
  });

  it('renews with every balancer while the one in use cannot reach the registry that they share', async () => {
    const membership = aMembership();
    membership.start({ port: PORT });
    await first.next('PUT');
    for (const [id, backend] of first.backends) second.backends.set(id, backend);
    first.respondNext({ status: 200, body: {}, headers: { 'fairlead-registry': 'away' } });
    await second.next('PUT');
    await first.next('PUT');
    expect(membership.state.status).toBe('registered');
    expect(linesWith('using')).toEqual([]);
  });

  it('asks the second balancer before the lease has expired when the first one hangs', async () => {
    first.renewEverySeconds = 0.5;
    const membership = aMembership({ leaseSeconds: 1 });
    membership.start({ port: PORT });
    await first.next('POST');
    first.hang();
    await second.next('POST');
    await becomes(membership, 'registered');
    expect(linesWith('no response within 0.25 s; using')).toHaveLength(1);
  });

  it('registers again, with a balancer that does not know it, and tells every balancer when it leaves', async () => {
    const membership = aMembership();
    membership.start({ port: PORT });
    await first.next('PUT');
    await first.stop();
    await second.next('POST');
    await second.next('PUT');
    expect(linesWith(`the balancer at ${second.url} refused to renew the lease of a: no backend`)).toHaveLength(1);
    await first.start();
    expect(first.backends.size).toBe(1);
    await membership.leave();
    expect([...first.backends, ...second.backends]).toEqual([]);
    expect(linesWith('deregistered a')).toHaveLength(2);
  });

  it('does not complain about a balancer that it never used when that one is gone', async () => {
    const membership = aMembership();
    membership.start({ port: PORT });
    await first.next('PUT');
    await second.stop();
    await membership.leave();
    expect(linesWith('deregister')).toEqual([`deregistered a from the balancer at ${first.url}`]);
  });

  it('names all balancers when none responds, and joins the first that is back', async () => {
    await Promise.all([first.stop(), second.stop()]);
    const membership = aMembership();
    membership.start({ port: PORT });
    await becomes(membership, 'unreachable');
    expect(membership.state.reason).toContain(`${first.url}: connect ECONNREFUSED`);
    expect(membership.state.reason).toContain(`${second.url}: connect ECONNREFUSED`);
    expect(linesWith(`no usable response from the balancers at ${first.url}, ${second.url}: `)).toHaveLength(1);
    await second.start();
    await becomes(membership, 'registered');
    expect(second.backends.has('a')).toBe(true);
  });

  it('is refused when all balancers refuse it, and unreachable when one may still accept it', async () => {
    first.respondNext(problem(403, 'no role'));
    second.respondNext(problem(401, 'no token'));
    const membership = aMembership();
    membership.start({ port: PORT });
    await becomes(membership, 'refused');
    const advice = 'set the option token or tokenFile of the test to a token with the role register';
    expect(membership.state.reason).toBe(`${first.url}: no role; ${second.url}: no token (${advice})`);

    first.respondNext(problem(403, 'no role'));
    second.respondNext({ ...problem(503, 'starting'), headers: { 'retry-after': '600' } });
    const other = aMembership({ id: 'b' });
    other.start({ port: PORT });
    await becomes(other, 'unreachable');
    expect(other.state.reason).toBe(`${first.url}: no role; ${second.url}: starting`);
  });

  it.each<[Partial<RegistrationOptions>, string]>([
    [
      { balancerUrl: undefined, balancerUrls: undefined },
      'balancerUrl must be an http or https URL such as http://127.0.0.1:9797, got nothing',
    ],
    [{ balancerUrl: 'http://a', balancerUrls: [] }, 'give either balancerUrl or balancerUrls, not both'],
    [{ balancerUrls: [] }, 'balancerUrls must have at least one URL, got none'],
    [
      { balancerUrl: 'localhost:9797' },
      'balancerUrl must be an http or https URL such as http://127.0.0.1:9797, got "localhost:9797"',
    ],
    [
      { balancerUrls: ['http://a', 'ftp://b'] },
      'balancerUrls[1] must be an http or https URL such as http://127.0.0.1:9797, got "ftp://b"',
    ],
    [
      { balancerUrls: ['https://a', 'http://b'], caFile: '/a.pem' },
      'caFile needs an https balancerUrl, got "http://b"',
    ],
  ])('rejects the options %j', (options, message) => {
    expect(() => aMembership(options)).toThrow(new TypeError(`the test: ${message}`));
  });
});

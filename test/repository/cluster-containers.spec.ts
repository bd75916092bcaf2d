// docker-compose.cluster.yml and the configuration of HAProxy in it. Compose is not run, which would need a Docker engine;
// HAProxy is, in front of two balancers.
import { writeFileSync } from 'node:fs';
import { isKnownHost } from '@fairlead/http-server';
import { describe, expect, it } from 'vitest';
import { OwnProcess } from '../processes/own-process.js';
import { reservePorts } from '../processes/ports.js';
import { whenTestEnds } from '../support/lifetime.js';
import { startBalancer, type Balancer } from '../support/processes.js';
import { describeWith } from '../support/programs.js';
import { aFolder } from '../support/supervisor.js';
import { httpUpstream, join } from '../support/upstreams.js';
import {
  composeFile,
  isApplication,
  isThere,
  limitsWith,
  read,
  settingsOf,
  testApplication,
  tokenVariableOf,
  type Service,
} from './compose-file.js';

const { services, volumes, networks } = composeFile('docker-compose.cluster.yml');
const { redis, front, dashboard } = services;
const balancers = ['balancer-1', 'balancer-2'];
const backends = ['backend-1', 'backend-2', 'backend-3', 'backend'];
const haproxy = read('deploy/haproxy/haproxy.cfg');

const networksOf = ({ networks: own = [] }: Service) => (Array.isArray(own) ? own : Object.keys(own)).toSorted();

describe('docker-compose.cluster.yml', () => {
  it('the services are two balancers, their registry, the front, backends, and the dashboard', () => {
    expect(Object.keys(services)).toEqual(['redis', ...balancers, 'front', ...backends, 'dashboard']);
  });

  it('the front is published, and control planes and the dashboard for this machine only', () => {
    const shown = Object.entries(services).flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]));
    expect(shown).toEqual([
      ['balancer-1', '127.0.0.1:9797:9797'],
      ['balancer-2', '127.0.0.1:9798:9797'],
      ['front', '5252:5252'],
      ['dashboard', '127.0.0.1:9494:9494'],
    ]);
  });

  it('the balancers differ in their id and their volume, and share everything else', () => {
    const [first, second] = balancers.map((name) => services[name]);
    expect(balancers.map((name) => services[name].environment.BALANCER_ID)).toEqual(balancers);
    expect({ ...first.environment, BALANCER_ID: 'balancer-2' }).toEqual(second.environment);
    expect([first.volumes, second.volumes].flat().map((volume) => volume?.split(':')[1])).toEqual(
      Array(2).fill('/var/lib/fairlead'),
    );
    expect(Object.keys(volumes)).toEqual(['redis', 'registry-1', 'registry-2']);
  });

  it('the registry is a server that keeps its data and forgets no backend, and only balancers reach it', () => {
    const { hostname } = new URL(services['balancer-1'].environment.REGISTRY_URL);
    expect(services[hostname]).toBe(redis);
    const command = redis.command?.join(' ');
    expect(command).toContain('--appendonly yes');
    expect(command).toContain('--maxmemory-policy noeviction');
    expect(redis.volumes).toEqual(['redis:/data']);
    const members = Object.keys(services).filter((name) => networksOf(services[name]).includes('registry'));
    expect(members).toEqual(['redis', ...balancers]);
    expect(networksOf(redis)).toEqual(['registry']);
    expect(networks?.registry).toEqual({ internal: true });
  });

  it('the balancers believe the front, at its address, and nothing else', () => {
    const own = (front.networks as Record<string, { ipv4_address: string }>).fleet.ipv4_address;
    const [{ subnet }] = networks?.fleet.ipam?.config ?? [];
    expect(subnet).toBe(own.replace(/\.\d+$/, '.0/24'));
    for (const name of balancers) {
      expect(services[name].environment).toMatchObject({ TRUSTED_PROXIES: own, PROXY_PROTOCOL: 'on' });
    }
  });

  it('a balancer that is stopped accepts clients until the front knows, and has the time to finish', () => {
    const [, interval, fall] = /inter (\d+)s fall (\d+)/.exec(haproxy)!;
    for (const name of balancers) {
      const { SHUTDOWN_DELAY_SECONDS: delay, SHUTDOWN_TIMEOUT_SECONDS: timeout } = settingsOf(services[name]);
      expect(delay).toBeGreaterThan(Number(interval) * Number(fall));
      expect(services[name]).toMatchObject({ stop_grace_period: `${Number(delay) + Number(timeout) + 7}s` });
    }
  });

  it('each service has the token of its role from .env', () => {
    expect(balancers.map((name) => tokenVariableOf(services[name]))).toEqual(Array(2).fill('CONTROL_PLANE_TOKEN'));
    expect(backends.map((name) => tokenVariableOf(services[name]))).toEqual(Array(4).fill('REGISTER_TOKEN'));
    expect(tokenVariableOf(dashboard)).toBe('READ_TOKEN');
    expect(settingsOf(services['balancer-1']).CONTROL_PLANE_TOKENS).toMatchObject([
      { role: 'register', token: 'a-value-for-REGISTER_TOKEN' },
      { role: 'read', token: 'a-value-for-READ_TOKEN' },
    ]);
  });

  it('backends know both balancers, by names that those accept', () => {
    const names = settingsOf(services['balancer-1']).CONTROL_PLANE_NAMES as ReadonlySet<string>;
    for (const name of backends) {
      const urls = settingsOf(services[name]).BALANCER_URL as URL[];
      expect(urls.map(({ hostname, port }) => `${hostname}:${port}`)).toEqual(balancers.map((each) => `${each}:9797`));
      expect(urls.filter(({ host }) => !isKnownHost(host, names))).toEqual([]);
    }
  });

  it('services of other programs have the same limits, and a user without rights', () => {
    for (const service of [redis, front]) {
      expect(service).toMatchObject(limitsWith('256m'));
      expect(service).toMatchObject({
        user: expect.stringMatching(/^[a-z]+$/),
        healthcheck: { test: expect.any(Array) },
      });
    }
  });

  describe.each(Object.entries(services).filter(([, service]) => isApplication(service)))('%s', (_name, service) => {
    testApplication(service);
  });
});

describeWith('haproxy', 'deploy/haproxy/haproxy.cfg', (path) => {
  /** HAProxy with this configuration, but for the addresses. */
  async function startFront(...[first, second]: Balancer[]): Promise<string> {
    const [port] = await reservePorts(1);
    const addresses = [first, second].map(
      ({ port: data, control }) => `127.0.0.1:${data} port ${new URL(control).port}`,
    );
    const file = `${aFolder()}/haproxy.cfg`;
    writeFileSync(
      file,
      haproxy
        .replace('bind :5252', `bind 127.0.0.1:${port}`)
        .replace('check port 9797', 'check')
        .replace('balancer-1:5252', addresses[0])
        .replace('balancer-2:5252', addresses[1]),
    );
    const process = new OwnProcess('haproxy', [path, '-db', '-f', file]);
    whenTestEnds(() => process.end());
    await process.listening(port);
    return `http://127.0.0.1:${port}`;
  }

  it('is where compose mounts it, and leads to the balancers', () => {
    expect(front.volumes).toEqual(['./deploy/haproxy/haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro']);
    expect(isThere('deploy/haproxy/haproxy.cfg')).toBe(true);
    const servers = [...haproxy.matchAll(/^ +server (\S+) (\S+):5252$/gm)].map(([, name, host]) => [name, host]);
    expect(servers).toEqual(balancers.map((name) => [name, name]));
  });

  it('passes connections on to balancers that are ready, with the address of the client', async () => {
    const settings = { TRUSTED_PROXIES: '127.0.0.1', PROXY_PROTOCOL: 'on' };
    const [first, second] = [await startBalancer(settings), await startBalancer(settings)];
    const { port } = await httpUpstream((request, response) => response.end(request.headers['x-forwarded-for']));
    for (const balancer of [first, second]) await join(balancer, 'a', port);
    const url = await startFront(first, second);
    const served = async () => {
      const response = await fetch(url, { headers: { connection: 'close' } });
      return [response.status, await response.text()];
    };
    for (let i = 0; i < 4; i++) expect(await served()).toEqual([200, '127.0.0.1']);
    const requestsOf = async ({ control }: Balancer) => {
      const metrics = (await (await fetch(`${control}/api/v1/metrics`)).json()) as { fleet: { requests: number } };
      return metrics.fleet.requests;
    };
    const [byFirst, bySecond] = [await requestsOf(first), await requestsOf(second)];
    expect(byFirst).toBeGreaterThan(0);
    expect(byFirst + bySecond).toBe(4);
    await first.process.stop('SIGKILL');
    for (let i = 0; i < 4; i++) expect(await served()).toEqual([200, '127.0.0.1']);
    expect(await requestsOf(second)).toBe(bySecond + 4);
  });
});

// The compose file and the Dockerfile, held against the schemas of the applications and against what a build makes.
// They are parsed and not run: that would need a Docker engine.
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { ConfigurationError, parseEnvironment } from '@fairlead/configuration';
import { isKnownHost } from '@fairlead/http-server';
import { describe, expect, it } from 'vitest';
import { balancerSchema } from '../../apps/balancer/src/config/balancer.config.js';
import { aFolder } from '../support/supervisor.js';
import {
  composeFile,
  isThere,
  portsOf,
  read,
  settingsOf,
  testApplication,
  tokenVariableOf,
  type Service,
} from './compose-file.js';

const { services, volumes } = composeFile('docker-compose.yml');
const dockerfile = read('Dockerfile');

/** The names by which the host and the other containers know a service. */
function namesOf(name: string, { ports = [] }: Service): string[] {
  return ports.length > 0 ? [name, 'localhost', '127.0.0.1'] : [name];
}

describe('docker-compose.yml', () => {
  it('the services are the balancer, three backends, further ones, and the dashboard', () => {
    expect(Object.keys(services)).toEqual(['balancer', 'backend-1', 'backend-2', 'backend-3', 'backend', 'dashboard']);
  });

  it('the default ports are published, those of the control plane and the dashboard for this machine only', () => {
    const shown = Object.values(services).flatMap(({ ports = [] }) => ports);
    const own = (port: number) => `127.0.0.1:${port}:${port}`;
    expect(shown).toEqual(['5252:5252', own(9797), '5453:5453', '5454:5454', '5455:5455', own(9494)]);
  });

  it('control plane and dashboard accept the names by which they are reached', () => {
    const { balancer, dashboard } = services;
    const reached = {
      balancer: settingsOf(balancer).CONTROL_PLANE_NAMES,
      dashboard: settingsOf(dashboard).DASHBOARD_NAMES,
    };
    for (const [name, names] of Object.entries(reached)) {
      const hosts = namesOf(name, services[name]);
      expect(hosts.filter((host) => !isKnownHost(host, names as ReadonlySet<string>))).toEqual([]);
    }
    for (const url of Object.values(services).flatMap(({ environment }) => environment.BALANCER_URL ?? [])) {
      expect(isKnownHost(new URL(url).host, reached.balancer as ReadonlySet<string>), url).toBe(true);
    }
  });

  it('each service has the token of its role from .env, and without one compose says how to get it', () => {
    const { balancer, dashboard, ...backends } = services;
    expect(tokenVariableOf(balancer)).toBe('CONTROL_PLANE_TOKEN');
    expect(tokenVariableOf(dashboard)).toBe('READ_TOKEN');
    expect(new Set(Object.values(backends).map(tokenVariableOf))).toEqual(new Set(['REGISTER_TOKEN']));
    expect(settingsOf(balancer).CONTROL_PLANE_TOKENS).toMatchObject([
      { role: 'register', token: 'a-value-for-REGISTER_TOKEN' },
      { role: 'read', token: 'a-value-for-READ_TOKEN' },
    ]);
  });

  it('backends can be scaled, since further ones have no port on the host and no name', () => {
    const { ports, scale, environment } = services.backend;
    expect({ ports, scale, id: environment.BACKEND_ID }).toEqual({ ports: undefined, scale: 0, id: undefined });
    expect(Object.values(services).filter((service) => service.container_name)).toEqual([]);
  });

  it('the three backends have different ratios of compute to storage', () => {
    const ratios = ['backend-1', 'backend-2', 'backend-3'].map((name) => {
      const { COMPUTE_CAPACITY, STORAGE_CAPACITY } = settingsOf(services[name]);
      return Number(COMPUTE_CAPACITY) / Number(STORAGE_CAPACITY);
    });
    expect(new Set(ratios).size).toBe(3);
  });

  it('a wrong value is the error that the application would report', () => {
    const service = { ...services.balancer, environment: { DEMAND_SOURCE: 'sometimes' } };
    expect(() => settingsOf(service)).toThrow(ConfigurationError);
  });

  it.each(Object.entries(services).slice(1))('%s waits for the balancer and finds it', (_name, service) => {
    expect(service.depends_on).toEqual({ balancer: { condition: 'service_healthy' } });
    const url = new URL(service.environment.BALANCER_URL);
    expect(services[url.hostname]).toBe(services.balancer);
    expect(Number(url.port)).toBe(settingsOf(services.balancer).CONTROL_PLANE_PORT);
  });

  describe.each(Object.entries(services))('%s', (_name, service) => {
    testApplication(service);

    it('it publishes the ports that it listens on', () => {
      const inside = (service.ports ?? portsOf(service).map(String)).map((port) => Number(port.split(':').at(-1)));
      expect(inside).toEqual(portsOf(service));
    });
  });
});

describe('deploy.sh', () => {
  /** Runs it in a folder, with a `docker` that does nothing. */
  function deploy(folder: string): void {
    copyFileSync(fileURLToPath(new URL('../../deploy.sh', import.meta.url)), `${folder}/deploy.sh`);
    writeFileSync(`${folder}/docker`, '#!/bin/sh\n', { mode: 0o755 });
    const env = { PATH: `${folder}:${process.env.PATH}` };
    execFileSync('bash', ['deploy.sh'], { cwd: folder, env, stdio: 'pipe' });
  }

  const variablesIn = (folder: string) => parseEnv(readFileSync(`${folder}/.env`, 'utf8'));

  it('generates tokens that the balancer accepts, in a file for its owner that git ignores, and keeps them', () => {
    const folder = aFolder();
    deploy(folder);
    const generated = variablesIn(folder);
    expect(Object.keys(generated).toSorted()).toEqual(['CONTROL_PLANE_TOKEN', 'READ_TOKEN', 'REGISTER_TOKEN']);
    expect(new Set(Object.values(generated)).size).toBe(3);
    for (const CONTROL_PLANE_TOKEN of Object.values(generated)) {
      expect(CONTROL_PLANE_TOKEN).toMatch(/^[0-9a-f]{64}$/);
      expect(parseEnvironment(balancerSchema, { CONTROL_PLANE_TOKEN })).toMatchObject({ CONTROL_PLANE_TOKEN });
    }
    expect(statSync(`${folder}/.env`).mode & 0o777).toBe(0o600);
    expect(read('.gitignore').split('\n')).toContain('.env');
    expect(read('.dockerignore').split('\n')).toContain('.env');
    deploy(folder);
    expect(variablesIn(folder)).toEqual(generated);
  });

  it('adds a token to a file that has none, and generates another in another folder', () => {
    const [first, second] = [aFolder(), aFolder()];
    writeFileSync(`${first}/.env`, 'COMPOSE_PROJECT_NAME=mine');
    for (const folder of [first, second]) deploy(folder);
    expect(variablesIn(first).COMPOSE_PROJECT_NAME).toBe('mine');
    expect(statSync(`${first}/.env`).mode & 0o777).toBe(0o600);
    expect(variablesIn(first).CONTROL_PLANE_TOKEN).not.toBe(variablesIn(second).CONTROL_PLANE_TOKEN);
  });
});

describe('Dockerfile', () => {
  const instructions = dockerfile.split('\n').filter((line) => /^[A-Z]+ /.test(line));
  const finalStage = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')));

  it('the image is built on Node 24 only, in stages', () => {
    const bases = instructions.filter((line) => line.startsWith('FROM ')).map((line) => line.split(' ')[1]);
    expect(bases).toEqual(['node:24-alpine', 'node:24-alpine', 'node:24-alpine']);
  });

  it('it runs the balancer by default, without a shell, and stops on SIGTERM', () => {
    const command = JSON.parse(finalStage.at(-1)!.replace(/^CMD /, '')) as string[];
    expect(command).toEqual(services.balancer.command);
    expect(finalStage).toContain('STOPSIGNAL SIGTERM');
  });

  it('it runs as a user without rights', () => {
    expect(finalStage).toContain('USER node');
  });

  it('the registry file is in a volume where its user may write', () => {
    const file = finalStage.find((line) => line.startsWith('ENV REGISTRY_FILE='))!.split('=')[1];
    const folder = file.slice(0, file.lastIndexOf('/'));
    expect(services.balancer.volumes).toEqual([`registry:${folder}`]);
    expect(Object.keys(volumes)).toEqual(['registry']);
    const made = finalStage.indexOf(`RUN mkdir -p ${folder} && chown node:node ${folder}`);
    expect(made).toBeGreaterThan(-1);
    expect(made).toBeLessThan(finalStage.indexOf('USER node'));
  });

  it('it has a health check', () => {
    expect(finalStage.some((line) => line.startsWith('HEALTHCHECK '))).toBe(true);
  });

  it('it copies files that exist, and the page of the dashboard', () => {
    const copies = instructions
      .filter((line) => /^COPY (?!--from)/.test(line))
      .map((line) => line.split(' ').slice(1, -1));
    expect(copies.flat().filter((path) => !isThere(path))).toEqual([]);
    expect(finalStage).toContain('COPY apps/dashboard/public apps/dashboard/public');
  });
});

// A compose file, parsed, and what holds for every service of it that runs one of the applications.
import { existsSync, readFileSync } from 'node:fs';
import { parseEnvironment, type Environment } from '@fairlead/configuration';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import type { z } from 'zod';
import { backendEnvironment } from '../../apps/backend/src/config/backend.config.js';
import { balancerSchema } from '../../apps/balancer/src/config/balancer.config.js';
import { dashboardEnvironment } from '../../apps/dashboard/src/config/dashboard.config.js';

/** A service of a compose file. */
export interface Service {
  readonly image?: string;
  /** Without one, the image says what runs. */
  readonly command?: string[];
  readonly environment: Record<string, string>;
  readonly ports?: string[];
  readonly scale?: number;
  readonly volumes?: string[];
  readonly container_name?: string;
  readonly depends_on?: Record<string, { readonly condition: string }> | string[];
  readonly networks?: string[] | Record<string, { readonly ipv4_address: string }>;
}

/** A compose file. */
export interface ComposeFile {
  readonly services: Record<string, Service>;
  readonly volumes: Record<string, unknown>;
  readonly networks?: Record<string, { readonly internal?: boolean; readonly ipam?: { config: { subnet: string }[] } }>;
}

const SCHEMAS: Record<string, z.ZodObject> = {
  balancer: balancerSchema,
  backend: backendEnvironment,
  dashboard: dashboardEnvironment,
};

/** The variables that hold the ports an application listens on. */
const PORT_VARIABLES: Record<string, string[]> = {
  balancer: ['DATA_PLANE_PORT', 'CONTROL_PLANE_PORT'],
  backend: ['BACKEND_PORT'],
  dashboard: ['DASHBOARD_PORT'],
};

const HEALTH_PATHS: Record<string, string> = {
  balancer: '/health/ready',
  backend: '/health',
  dashboard: '/health/live',
};

/** Read by the image's health check and by no application. */
const HEALTH_VARIABLE = 'HEALTH_URL';

const MEMORY: Record<string, string> = { balancer: '1g' };

/** The variable that compose requires, from .env, with the sentence that it prints without it. */
const TOKEN_REFERENCE = /^\$\{(\w+):\?(run \.\/deploy\.sh[^}]+)\}$/;

/** A file of the repository. */
export const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
/** Whether the repository has a file, or a build has made it. */
export const isThere = (path: string) => existsSync(new URL(`../../${path}`, import.meta.url));

export function composeFile(path: string): ComposeFile {
  return parse(read(path), { merge: true }) as ComposeFile;
}

/** The application that a service runs. */
function appOf({ command = [] }: Service): string {
  return /^dist\/apps\/(\w+)\/src\/main\.js$/.exec(command[1] ?? '')?.[1] ?? `no application: ${command.join(' ')}`;
}

/** Whether a service runs one of the applications. */
export function isApplication(service: Service): boolean {
  return appOf(service) in SCHEMAS;
}

/** The settings of a service as its application reads them. @throws {ConfigurationError} as that does. */
export function settingsOf(service: Service): Record<string, unknown> {
  const given = Object.entries(service.environment);
  // As compose replaces variables of .env.
  const environment = given.map(([name, value]) => [name, value.replaceAll(/\$\{(\w+)\}/g, 'a-value-for-$1')]);
  return parseEnvironment(SCHEMAS[appOf(service)], Object.fromEntries(environment) as Environment);
}

/** The ports that a service listens on. */
export function portsOf(service: Service): number[] {
  const settings = settingsOf(service);
  return PORT_VARIABLES[appOf(service)].map((name) => Number(settings[name]));
}

/** The variable of .env that holds the token of a service. */
export function tokenVariableOf({ environment }: Service): string | undefined {
  return TOKEN_REFERENCE.exec(environment.CONTROL_PLANE_TOKEN)?.[1];
}

/** What a service may do: not write to its image, and get no right. */
export function limitsWith(memory: string): object {
  return {
    read_only: true,
    tmpfs: ['/tmp'],
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    pids_limit: 256,
    mem_limit: memory,
  };
}

/** Tests of a service that runs an application. */
export function testApplication(service: Service): void {
  it('it runs what a build makes, as process 1', () => {
    const [program, file = ''] = service.command ?? [];
    expect(program).toBe('node');
    expect(Object.keys(SCHEMAS)).toContain(appOf(service));
    expect(isThere(file)).toBe(true);
  });

  it('its variables are known to the application, and their values allowed', () => {
    const known = new Set([...Object.keys(SCHEMAS[appOf(service)].shape), HEALTH_VARIABLE]);
    expect(Object.keys(service.environment).filter((variable) => !known.has(variable))).toEqual([]);
    expect(() => settingsOf(service)).not.toThrow();
  });

  it('it cannot write to its image, has no capability and cannot get one, and has limits', () => {
    expect(service).toMatchObject(limitsWith(MEMORY[appOf(service)] ?? '256m'));
  });

  it('its health check asks its own health endpoint', () => {
    const url = new URL(service.environment[HEALTH_VARIABLE]);
    expect(url.hostname).toBe('127.0.0.1');
    expect(portsOf(service)).toContain(Number(url.port));
    expect(url.pathname).toBe(HEALTH_PATHS[appOf(service)]);
  });
}

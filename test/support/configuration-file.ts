// A balancer with a configuration file, which a test changes while it serves.
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfigurationProblem, ConfigurationReload, ConfigurationView, FleetEvent } from '@fairlead/contracts';
import { bearer } from './bearer.js';
import { whenTestEnds, type AtEnd } from './lifetime.js';
import { eventsOf } from './metrics.js';
import { backendIn, startBalancer, type Balancer } from './processes.js';
import { httpUpstream } from './upstreams.js';

/** A balancer, and its file. */
export interface ConfiguredBalancer extends Balancer {
  readonly folder: string;
  readonly file: string;
  /** Replaces the file, without a reload. */
  write(text: string): void;
}

/** Starts a balancer with a configuration file in a folder of its own. */
export async function startWithFile(
  text: string,
  env: Record<string, string> = {},
  atEnd: AtEnd = whenTestEnds,
): Promise<ConfiguredBalancer> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-traffic-'));
  atEnd(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'fairlead.yaml');
  const write = (now: string) => writeFileSync(file, now);
  write(text);
  const balancer = await startBalancer({ FAIRLEAD_CONFIG: file, ...env }, atEnd);
  return { ...balancer, folder, file, write };
}

/** Asks for a reload. */
export function postReload({ control }: Pick<Balancer, 'control'>, token?: string): Promise<Response> {
  return fetch(`${control}/api/v1/configuration/reload`, { method: 'POST', headers: bearer(token) });
}

/** Reloads a file that is valid; resolves when it is in force. */
export async function reload(balancer: Pick<Balancer, 'control'>): Promise<ConfigurationReload> {
  const response = await postReload(balancer);
  const body = await response.text();
  if (response.status !== 200) throw new Error(body);
  return JSON.parse(body) as ConfigurationReload;
}

/** Reloads a file that is not valid; resolves with its problems. */
export async function rejectedReload(balancer: Pick<Balancer, 'control'>): Promise<readonly string[]> {
  const response = await postReload(balancer);
  const { problems } = (await response.json()) as ConfigurationProblem;
  if (response.status !== 422) throw new Error(`expected 422, got ${response.status}`);
  return problems;
}

/** What is in force. */
export async function configurationOf({ control }: Pick<Balancer, 'control'>): Promise<ConfigurationView> {
  return (await (await fetch(`${control}/api/v1/configuration`)).json()) as ConfigurationView;
}

/** The events of a kind, oldest first. */
export async function eventsOfKind(balancer: Balancer, kind: FleetEvent['kind']): Promise<FleetEvent[]> {
  return (await eventsOf(balancer)).filter((event) => event.kind === kind);
}

/** A file with one backend. */
export const fileFor = (id: string, port: number) =>
  `pools: { default: { backends: [{ id: ${id}, url: "http://127.0.0.1:${port}" }] } }\n`;

/** A balancer with two threads, whose file names the first of two backends. */
export async function aPair(atEnd: AtEnd = whenTestEnds) {
  const [one, two] = await Promise.all(
    ['one', 'two'].map((name) => httpUpstream((_, response) => response.end(name), atEnd)),
  );
  const files = { one: fileFor('one', one.port), two: fileFor('two', two.port) };
  const balancer = await startWithFile(files.one, { DATA_PLANE_THREADS: '2' }, atEnd);
  await backendIn(balancer.control, 'one', 'up');
  return { ...balancer, files };
}

/** The responses to requests on new connections, each of which another thread may accept; each response once. */
export async function servers({ url }: { readonly url: string }): Promise<string[]> {
  const requests = Array.from({ length: 12 }, async () => {
    const response = await fetch(url, { headers: { connection: 'close' } });
    return `${response.status} ${await response.text()}`;
  });
  return [...new Set(await Promise.all(requests))];
}

/** A sample of the metrics by its name with labels. */
export async function metric({ control }: Pick<Balancer, 'control'>, name: string): Promise<string | undefined> {
  const text = await (await fetch(`${control}/metrics`)).text();
  return text
    .split('\n')
    .find((line) => line.startsWith(`${name} `))
    ?.slice(name.length + 1);
}

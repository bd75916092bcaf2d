// What the demo says when everything is up.
import { stripVTControlCharacters, styleText } from 'node:util';
import type { Environment } from '@fairlead/configuration';
import { controlOf, type DemoFleet } from './demo-fleet.js';

/** One of several balancers. */
interface BalancerAddresses {
  readonly id: string;
  readonly requests: string;
  readonly api: string;
}

/** Where everything is, and what it runs with. */
export interface ReadySummary {
  readonly requests: string;
  readonly dashboard: string;
  readonly api: string;
  readonly version: string;
  readonly policy: string;
  readonly threads: number;
  readonly backends: readonly string[];
  /** Each of several balancers; {@link requests} and {@link api} are those of the first. */
  readonly balancers?: readonly BalancerAddresses[];
  /** The registry of several balancers. */
  readonly registry?: string;
  /** Commands to try. */
  readonly try: readonly string[];
}

/** Asks the first balancer what it runs with. `registry` is the URL of the registry that several of them share. */
export async function readySummary(
  { balancers, backends, dashboard }: DemoFleet,
  registry: string | undefined,
  environment: Environment,
): Promise<ReadySummary> {
  const response = await fetch(`${controlOf(balancers[0])}/api/v1/metrics`);
  if (!response.ok) throw new Error(`${response.url} responded with status ${response.status}`);
  const { version, policy, threads } = (await response.json()) as Pick<ReadySummary, 'version' | 'policy' | 'threads'>;
  const { DATA_PLANE_PORT: clients, CONTROL_PLANE_PORT: controlPort } = balancers[0].env;
  const isUsual = clients === '5252';
  const control = `http://localhost:${controlPort}`;
  const addresses = balancers.map(({ name, env }) => ({
    id: name,
    requests: `http://localhost:${env.DATA_PLANE_PORT}`,
    api: `http://localhost:${env.CONTROL_PLANE_PORT}/docs`,
  }));
  const [{ requests, api }] = addresses;
  return {
    requests,
    dashboard: `http://localhost:${dashboard.env.DASHBOARD_PORT}`,
    api,
    version,
    policy,
    threads,
    backends: backends.map(({ name }) => name),
    ...(registry === undefined ? {} : { balancers: addresses, registry }),
    try: [
      `curl -i localhost:${clients}`,
      commandLine(environment, 'spam', isUsual ? [] : ['--target', requests, '--url', control]),
      ...(registry === undefined ? [] : [`npx fairlead status${isUsual ? '' : ` --url ${control}`}`]),
    ],
  };
}

/** As the command that runs was called: as an npm script of this repository, or as an installed package. */
function commandLine({ npm_lifecycle_event: script }: Environment, name: string, flags: readonly string[]): string {
  if (script !== 'start') return ['npx fairlead', name, ...flags].join(' ');
  // Without the two dashes, npm takes the flags for its own.
  return ['npm run', name, ...(flags.length > 0 ? ['--', ...flags] : [])].join(' ');
}

const MAX_WIDTH = 78;

function placesOf({ requests, api, dashboard, balancers, registry }: ReadySummary): string[] {
  if (balancers === undefined || registry === undefined) {
    return [...entry('requests', [requests]), ...entry('dashboard', [dashboard]), ...entry('API', [api])];
  }
  return [
    ...balancers.flatMap((each) => entry(each.id, [each.requests, each.api])),
    ...entry('dashboard', [`${dashboard}, of ${balancers[0].id}`]),
    ...entry('registry', [registry]),
  ];
}

/** A name, and its values on lines of their own. */
function entry(name: string, values: readonly string[]): string[] {
  return values.map((value, i) => `${(i === 0 ? name : '').padEnd(12)}${value}`);
}

/** The summary in a frame; without one where the terminal is too narrow for it. */
export function summaryBox(summary: ReadySummary, columns = process.stdout.columns || MAX_WIDTH): string {
  const { version, policy, threads, backends, balancers } = summary;
  const several = balancers === undefined ? '' : `${balancers.length} balancers, `;
  const facts = `${several}policy ${policy}, ${threads} ${threads === 1 ? 'thread' : 'threads'}, ${backends.length} backends`;
  const lines = [
    `${styleText('bold', `Fairlead ${version} is up`)}: ${facts}`,
    '',
    ...placesOf(summary),
    '',
    ...entry('try', summary.try),
    '',
    'Ctrl-C stops everything.',
  ];
  const width = Math.max(...lines.map((line) => stripVTControlCharacters(line).length));
  if (width + 4 > columns) return `\n${lines.join('\n')}\n\n`;
  const framed = lines.map((line) => `│ ${line}${' '.repeat(width - stripVTControlCharacters(line).length)} │`);
  return `\n╭${'─'.repeat(width + 2)}╮\n${framed.join('\n')}\n╰${'─'.repeat(width + 2)}╯\n\n`;
}

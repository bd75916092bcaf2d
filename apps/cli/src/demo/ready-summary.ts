// What the demo says when everything is up.
import { stripVTControlCharacters, styleText } from 'node:util';
import type { Environment } from '@fairlead/configuration';
import type { DemoFleet } from './demo-fleet.js';

/** Where everything is, and what it runs with. */
export interface ReadySummary {
  readonly requests: string;
  readonly dashboard: string;
  readonly api: string;
  readonly version: string;
  readonly policy: string;
  readonly threads: number;
  readonly backends: readonly string[];
  /** Commands to try. */
  readonly try: readonly string[];
}

/** Asks the balancer at `control` what it runs with. */
export async function readySummary(
  { balancer, backends, dashboard }: DemoFleet,
  control: string,
  environment: Environment,
): Promise<ReadySummary> {
  const response = await fetch(`${control}/api/v1/metrics`);
  if (!response.ok) throw new Error(`${response.url} responded with status ${response.status}`);
  const { version, policy, threads } = (await response.json()) as Pick<ReadySummary, 'version' | 'policy' | 'threads'>;
  const { DATA_PLANE_PORT: clients, CONTROL_PLANE_PORT: controlPort } = balancer.env;
  const requests = `http://localhost:${clients}`;
  const isUsual = clients === '5252';
  return {
    requests,
    dashboard: `http://localhost:${dashboard.env.DASHBOARD_PORT}`,
    api: `http://localhost:${controlPort}/docs`,
    version,
    policy,
    threads,
    backends: backends.map(({ name }) => name),
    try: [
      `curl -i localhost:${clients}`,
      commandLine(
        environment,
        'spam',
        isUsual ? [] : ['--target', requests, '--url', `http://localhost:${controlPort}`],
      ),
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

/** The summary in a frame; without one where the terminal is too narrow for it. */
export function summaryBox(summary: ReadySummary, columns = process.stdout.columns || MAX_WIDTH): string {
  const { version, policy, threads, backends } = summary;
  const [first, ...others] = summary.try;
  const facts = `policy ${policy}, ${threads} ${threads === 1 ? 'thread' : 'threads'}, ${backends.length} backends`;
  const lines = [
    `${styleText('bold', `Fairlead ${version} is up`)}: ${facts}`,
    '',
    `requests    ${summary.requests}`,
    `dashboard   ${summary.dashboard}`,
    `API         ${summary.api}`,
    '',
    `try         ${first}`,
    ...others.map((command) => `            ${command}`),
    '',
    'Ctrl-C stops everything.',
  ];
  const width = Math.max(...lines.map((line) => stripVTControlCharacters(line).length));
  if (width + 4 > columns) return `\n${lines.join('\n')}\n\n`;
  const framed = lines.map((line) => `│ ${line}${' '.repeat(width - stripVTControlCharacters(line).length)} │`);
  return `\n╭${'─'.repeat(width + 2)}╮\n${framed.join('\n')}\n╰${'─'.repeat(width + 2)}╯\n\n`;
}

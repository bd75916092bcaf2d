// `npm run bench:handshakes`: CPU time of a full and of a resumed TLS handshake in Fairlead, in a bare TLS server in Node, and
// in nginx, in turn on one core. Bar: Fairlead needs at most 1.1 times as much as the bare server.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { issueCertificate } from '../contenders/certificate.js';
import { fairlead } from '../contenders/fairlead.js';
import { nginx } from '../contenders/nginx.js';
import { freePorts, OwnProcess, stopAll } from '../contenders/processes.js';
import { provide } from '../contenders/programs.js';
import type { Contender, SecurePlace } from '../contenders/contender.js';
import { LOAD_CORE, pinned, PROXY_CORE } from '../data-plane/pinning.js';
import { cpuTicks, ticksPerSecond } from '../data-plane/proc.js';
import { median, ratiosByRound, spreadOf } from '../data-plane/statistics.js';

const KINDS = ['full', 'resumed'] as const;
const BAR = 1.1;
const HELP = `Measures what a TLS handshake costs in CPU time.

  npm run build && npm run bench:handshakes -- [--rounds N (9)] [--seconds N (3)]
`;

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** A TLS server that does nothing after the handshake. */
const BARE: Contender = {
  name: 'bare',
  title: 'bare tls.createServer',
  program: 'fairlead',
  launch: ({ tls }) => ({
    command: process.execPath,
    args: [file('bare-server.ts')],
    env: { PORT: String(tls?.port), CERTIFICATE: tls?.certificateFile ?? '', KEY: tls?.keyFile ?? '' },
  }),
};

const CONTENDERS: readonly Contender[] = [
  BARE,
  fairlead('fairlead', 'Fairlead', { DATA_PLANE_THREADS: '0' }),
  nginx('nginx', 'nginx', { workers: 1, upstream: [], location: [] }),
];

type Kind = (typeof KINDS)[number];

/** How long is measured. */
interface Course {
  readonly rounds: number;
  /** Of each turn. */
  readonly seconds: number;
}

/** A contender that runs. */
interface Server {
  readonly contender: Contender;
  /** The TLS port. */
  readonly port: number;
  readonly pid: number;
}

/** What a handshake took in one contender and round. */
interface Sample {
  readonly contender: string;
  readonly kind: Kind;
  readonly round: number;
  readonly cpuMicros: number;
}

const { values } = parseArgs({
  options: { rounds: { type: 'string' }, seconds: { type: 'string' }, help: { type: 'boolean' } },
});
process.exit(values.help ? help() : await main(Number(values.rounds ?? 9), Number(values.seconds ?? 3)));

function help(): number {
  process.stdout.write(HELP);
  return 0;
}

async function main(rounds: number, seconds: number): Promise<number> {
  if (!(rounds >= 1 && seconds >= 1)) {
    process.stderr.write(`--rounds and --seconds must be numbers from 1, got ${values.rounds} and ${values.seconds}\n`);
    return 1;
  }
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-handshakes-'));
  chmodSync(folder, 0o755);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  provide(new Set(['nginx', 'fairlead']));
  try {
    const certificate = await issueCertificate(folder);
    const servers = await Promise.all(CONTENDERS.map((contender) => launch(contender, folder, certificate)));
    const samples: Sample[] = [];
    for (const kind of KINDS) samples.push(...(await measure(servers, kind, { rounds, seconds })));
    return report(samples);
  } finally {
    await stopAll();
  }
}

/** The servers take turns. The first round warms up. */
async function measure(servers: readonly Server[], kind: Kind, { rounds, seconds }: Course): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let round = 0; round <= rounds; round++) {
    for (const { contender, port, pid } of servers) {
      const before = cpuTicks(pid);
      const handshakes = await load(port, seconds, kind);
      const cpuMicros = ((cpuTicks(pid) - before) * 1_000_000) / ticksPerSecond() / handshakes;
      samples.push({ contender: contender.name, kind, round, cpuMicros });
    }
  }
  return samples.filter(({ round }) => round > 0);
}

async function launch(contender: Contender, root: string, certificate: Omit<SecurePlace, 'port'>): Promise<Server> {
  const [port, controlPort, tlsPort] = await freePorts(3);
  const folder = join(root, contender.name);
  mkdirSync(folder);
  // nginx needs a backend in its configuration, although no request is sent.
  const backends = [{ id: 'none', port: 1, capacity: [1, 1] }];
  const tls = { ...certificate, port: tlsPort };
  const { command, args, env, files = {} } = contender.launch({ port, controlPort, folder, backends, tls });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const on = pinned(PROXY_CORE, { command, args });
  const running = OwnProcess.start(contender.title, on.command, on.args, env);
  await running.listening(tlsPort);
  return { contender, port: tlsPort, pid: running.pid };
}

async function load(port: number, seconds: number, kind: string): Promise<number> {
  const args = [file('client.ts'), String(port), String(seconds), kind];
  const on = pinned(LOAD_CORE, { command: process.execPath, args });
  return Number(await OwnProcess.start('the client', on.command, on.args, {}, 'pipe').finished());
}

/** Returns the exit code: 1 when the bar is missed. */
function report(samples: readonly Sample[]): number {
  const table = new Table({ head: ['handshake', 'server', 'CPU, µs', '× bare', `bar ≤ ${BAR}`], style: { head: [] } });
  let isMissed = false;
  for (const kind of KINDS) {
    const of = (name: string) => samples.filter((sample) => sample.kind === kind && sample.contender === name);
    for (const { name, title } of CONTENDERS) {
      const ratio = spreadOf(ratiosByRound(of(name), of(BARE.name), ({ cpuMicros }) => cpuMicros));
      const isWithin = ratio.median <= BAR;
      if (name === 'fairlead') isMissed ||= !isWithin;
      const verdict = name === 'fairlead' ? (isWithin ? 'reached' : 'MISSED') : '';
      const micros = median(of(name).map(({ cpuMicros }) => cpuMicros));
      const range = `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})`;
      table.push([kind, title, micros.toFixed(0), range, verdict]);
    }
  }
  process.stdout.write(`${table.toString()}\n`);
  return isMissed ? 1 : 0;
}

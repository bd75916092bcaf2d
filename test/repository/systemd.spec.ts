// examples/systemd: the unit is parsed and compared with its README and the scripts, and its commands are run. systemd
// itself is not: that would need a machine that it has started.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseEnv, promisify } from 'node:util';
import { parseEnvironment } from '@fairlead/configuration';
import { describe, expect, it, onTestFinished } from 'vitest';
import { balancerSchema } from '../../apps/balancer/src/config/balancer.config.js';
import { AppProcess } from '../support/processes.js';
import { aFolder } from '../support/supervisor.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Where the README installs the project. */
const PREFIX = '/srv/fairlead/';
/** scripts/supervise.ts gives its balancer this much longer than SHUTDOWN_TIMEOUT_SECONDS. */
const PATIENCE_SECONDS = 10;

const read = (file: string) => readFileSync(`${ROOT}examples/systemd/${file}`, 'utf8');
const readme = read('README.md');
const sections = parseUnit(read('fairlead.service'));
const { Unit, Service, Install } = sections;
const environment = parseEnv(Service.Environment.join('\n')) as Record<string, string>;
const settings = parseEnv(read('balancer.env'));

/** Sections, each with its keys and every value of them. */
function parseUnit(text: string): Record<string, Record<string, string[]>> {
  const parsed: Record<string, Record<string, string[]>> = {};
  let section: Record<string, string[]> = {};
  for (const line of text.split('\n').filter((each) => each !== '' && !each.startsWith('#'))) {
    const [, name, key, value] = /^(?:\[(\w+)\]|(\w+)=(.*))$/.exec(line) ?? [];
    if (name) section = parsed[name] = {};
    else if (key) (section[key] ??= []).push(value);
    else throw new Error(`fairlead.service: not a section, key or comment: ${line}`);
  }
  return parsed;
}

describe('fairlead.service', () => {
  it('has the three sections of a service that is started at boot', () => {
    expect(Object.keys(sections)).toEqual(['Unit', 'Service', 'Install']);
    expect(Install).toEqual({ WantedBy: ['multi-user.target'] });
    expect(Service.Restart).toEqual(['always']);
  });

  it('runs the supervisor and reloads it, from where the README installs them', () => {
    const commands = [Service.ExecStart, Service.ExecReload].map(([command]) => command.split(' '));
    expect(commands.map(([, script]) => script)).toEqual([
      `${PREFIX}scripts/supervise.ts`,
      `${PREFIX}scripts/reload.ts`,
    ]);
    const paths = [...commands.flat(), Unit.Documentation[0].replace('file://', '')];
    expect(paths.filter((path) => !existsSync(path.replace(PREFIX, ROOT)))).toEqual([]);
    expect(readme).toContain(`git clone . ${PREFIX.slice(0, -1)} `);
    expect(readme).toContain(`cd ${PREFIX.slice(0, -1)}\n`);
  });

  it('keeps its files in folders that systemd creates for its user', () => {
    expect(environment.SUPERVISOR_PID_FILE).toMatch(new RegExp(`^/run/${Service.RuntimeDirectory[0]}/`));
    expect(Service.WorkingDirectory).toEqual([`/var/lib/${Service.StateDirectory[0]}`]);
    expect(readme).toContain(
      `useradd --system --home-dir ${Service.WorkingDirectory[0]} --shell /usr/sbin/nologin ${Service.User[0]}\n`,
    );
    expect(Service.Group).toEqual(Service.User);
  });

  it('reads the configuration that the README installs, and which its group may read', () => {
    const file = environment.SUPERVISOR_ENV_FILE;
    expect(readme).toContain(`install -D -m 0640 -g ${Service.Group[0]} examples/systemd/balancer.env ${file}\n`);
    expect(read('balancer.env')).toContain(`# ${file}:`);
  });

  it('has no rights that a balancer does not need: systemd-analyze security rates it 1.6', () => {
    const hardened = Object.entries(Service).filter(([key]) =>
      /^(?:Private|Protect|Restrict|Lock|Remove|NoNew)/.test(key),
    );
    expect(Object.fromEntries(hardened.map(([key, values]) => [key, values.join(' ')]))).toEqual({
      LockPersonality: 'yes',
      NoNewPrivileges: 'yes',
      PrivateDevices: 'yes',
      PrivateTmp: 'yes',
      ProtectClock: 'yes',
      ProtectControlGroups: 'yes',
      ProtectHome: 'yes',
      ProtectHostname: 'yes',
      ProtectKernelLogs: 'yes',
      ProtectKernelModules: 'yes',
      ProtectKernelTunables: 'yes',
      ProtectProc: 'invisible',
      ProtectSystem: 'strict',
      RemoveIPC: 'yes',
      RestrictAddressFamilies: 'AF_INET AF_INET6 AF_UNIX AF_NETLINK',
      RestrictNamespaces: 'yes',
      RestrictRealtime: 'yes',
      RestrictSUIDSGID: 'yes',
    });
    expect(Service.CapabilityBoundingSet).toEqual(['']);
    expect(Service.AmbientCapabilities).toEqual(['']);
    expect(Service.SystemCallFilter).toEqual(['@system-service', '~@privileged']);
    expect(Service.UMask).toEqual(['0077']);
    // V8 could not compile JavaScript.
    expect(Service.MemoryDenyWriteExecute).toBeUndefined();
    expect(Number(/^(\d+)G$/.exec(Service.MemoryMax[0])?.[1])).toBeGreaterThan(0);
  });

  it('lets the balancer finish before it is killed', () => {
    const { SHUTDOWN_TIMEOUT_SECONDS } = parseEnvironment(balancerSchema, settings);
    expect(Number(Service.TimeoutStopSec[0])).toBeGreaterThan(SHUTDOWN_TIMEOUT_SECONDS + PATIENCE_SECONDS);
    expect(Service.KillMode).toEqual(['mixed']);
  });

  it('sets variables that the balancer, the supervisor or Node read', () => {
    const supervisor = readFileSync(`${ROOT}scripts/supervision/settings.ts`, 'utf8');
    const isKnown = (name: string) =>
      name in balancerSchema.shape || name === 'NODE_ENV' || supervisor.includes(`.${name}`);
    expect(Object.keys({ ...environment, ...settings }).filter((name) => !isKnown(name))).toEqual([]);
  });

  it('starts a balancer, reloads it and stops it', async () => {
    const folder = aFolder();
    const here = (text: string) => text.replaceAll(PREFIX, ROOT).replace(/^\/(?:etc|run)\/fairlead\//, `${folder}/`);
    const env = {
      PATH: process.env.PATH,
      ...Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, here(value)])),
    };
    writeFileSync(
      here(environment.SUPERVISOR_ENV_FILE),
      `${read('balancer.env')}DATA_PLANE_PORT=0\nCONTROL_PLANE_PORT=0\n`,
    );
    const [command, ...args] = here(Service.ExecStart[0]).split(' ');
    const service = new AppProcess('supervisor', [command, ...args], { cwd: folder, env });
    onTestFinished(async () => void (await service.stop('SIGTERM')));
    await service.logged(' serves');
    const [reload, ...reloadArgs] = here(Service.ExecReload[0]).split(' ');
    const { stdout } = await promisify(execFile)(reload, reloadArgs, { cwd: folder, env });
    expect(stdout).toMatch(/^reload complete: /);
    expect(await service.stop('SIGTERM')).toBe(0);
  });
});

describe('README.md', () => {
  it('installs files that exist', () => {
    const files = [...readme.matchAll(/examples\/systemd\/\S+/g)].map(([file]) => file);
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !existsSync(ROOT + file))).toEqual([]);
  });
});

// What the repository's host reads: CI workflow, templates, dependency updates, development container. They are parsed and
// compared with the files they rely on, and not run: that would need the host.
import { accessSync, constants, existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packagesOfTests } from '../support/programs.js';

const at = (path: string) => new URL(`../../${path}`, import.meta.url);
const read = (path: string) => readFileSync(at(path), 'utf8');

const NODE_IMAGE = new RegExp(`^node:${read('.nvmrc').trim()}-`);
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

const packages = packagesOfTests();

describe('.github/workflows/ci.yml', () => {
  interface Step {
    readonly uses?: string;
    readonly run?: string;
  }
  interface Workflow {
    readonly on: Record<string, unknown>;
    readonly permissions: Record<string, string>;
    readonly jobs: Record<string, { 'timeout-minutes'?: number; container: { image: string }; steps: Step[] }>;
  }
  const { on, permissions, jobs } = parse(read('.github/workflows/ci.yml')) as Workflow;
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  it('runs for pull requests and for pushes to main, and may only read', () => {
    expect(on).toEqual({ push: { branches: ['main'] }, pull_request: null });
    expect(permissions).toEqual({ contents: 'read' });
  });

  it('checks the repository out, then runs .ci/run, which is executable', () => {
    expect(steps.map(({ uses, run }) => run ?? uses?.split('@')[0])).toEqual(['actions/checkout', '.ci/run']);
    expect(() => accessSync(at('.ci/run'), constants.X_OK)).not.toThrow();
  });

  it('pins every action by its major version', () => {
    const actions = steps.flatMap(({ uses }) => uses ?? []);
    expect(actions.filter((action) => !/^[\w-]+\/[\w-]+@v\d+$/.test(action))).toEqual([]);
  });

  it('uses the Node version of .nvmrc, and ends a job that hangs', () => {
    for (const job of Object.values(jobs)) {
      expect(job.container.image).toMatch(NODE_IMAGE);
      expect(job['timeout-minutes']).toBeGreaterThan(0);
    }
  });
});

describe('.github/dependabot.yml', () => {
  interface Update {
    readonly 'package-ecosystem': string;
    readonly directory?: string;
    readonly directories?: string[];
    readonly schedule: { readonly interval: string };
  }
  const { version, updates } = parse(read('.github/dependabot.yml')) as { version: number; updates: Update[] };
  const MANIFESTS: Record<string, string> = {
    npm: 'package-lock.json',
    'github-actions': '.github/workflows/ci.yml',
    docker: 'Dockerfile',
  };

  it('has version 2 and covers each kind of dependency once', () => {
    expect(version).toBe(2);
    expect(updates.map((update) => update['package-ecosystem']).toSorted()).toEqual(Object.keys(MANIFESTS).toSorted());
  });

  it.each(updates.map((update) => [update['package-ecosystem'], update] as const))(
    '%s: looks weekly, in folders with a manifest',
    (ecosystem, { schedule, directory, directories }) => {
      expect(schedule.interval).toBe('weekly');
      const folders = directories ?? [directory!];
      const manifests = folders.map((folder) => `.${folder}/${MANIFESTS[ecosystem]}`);
      expect(manifests.filter((path) => !existsSync(at(path)))).toEqual([]);
    },
  );
});

describe('.github/ISSUE_TEMPLATE', () => {
  interface Form {
    readonly name: string;
    readonly description: string;
    readonly body: { type: string; id?: string; attributes: { label?: string; value?: string } }[];
  }
  const files = readdirSync(at('.github/ISSUE_TEMPLATE')).filter((file) => file !== 'config.yml');

  it('has a form for bugs and one for features, and no blank issues', () => {
    expect(files.toSorted()).toEqual(['bug_report.yml', 'feature_request.yml']);
    expect(parse(read('.github/ISSUE_TEMPLATE/config.yml'))).toEqual({ blank_issues_enabled: false });
  });

  it.each(files)('%s is a form: a name, a description, and fields with an id and a label', (file) => {
    const { name, description, body } = parse(read(`.github/ISSUE_TEMPLATE/${file}`)) as Form;
    expect([name, description].every(Boolean)).toBe(true);
    const fields = body.filter(({ type }) => type !== 'markdown');
    expect(fields.filter(({ type }) => !['input', 'textarea'].includes(type))).toEqual([]);
    expect(fields.filter(({ attributes }) => !attributes.label)).toEqual([]);
    expect(new Set(fields.map(({ id }) => id ?? '')).size).toBe(fields.length);
    expect(body.filter(({ type, attributes }) => type === 'markdown' && !attributes.value)).toEqual([]);
  });

  it('sends reports of vulnerabilities where SECURITY.md sends them', () => {
    expect(read('.github/ISSUE_TEMPLATE/bug_report.yml')).toContain('"Report a vulnerability"');
    expect(read('SECURITY.md')).toContain('"Report a vulnerability"');
  });
});

describe('.github/pull_request_template.md', () => {
  const template = read('.github/pull_request_template.md');
  const code = [...template.matchAll(/`([^`]+)`/g)].map(([, text]) => text);
  const commands = code.filter((text) => text.startsWith('npm ')).map((text) => text.split(' ').at(-1)!);
  const paths = code.filter((text) => !text.startsWith('npm '));

  it('asks for tests, documentation and the changelog', () => {
    expect(commands).toContain('test');
    expect(paths).toContain('CHANGELOG.md');
  });

  it('names commands and files that exist', () => {
    expect(commands.filter((command) => !(command in scripts))).toEqual([]);
    expect(paths.filter((path) => !existsSync(at(path)))).toEqual([]);
  });
});

describe('.devcontainer', () => {
  interface DevContainer {
    readonly build: { readonly dockerfile: string };
    readonly postCreateCommand: string;
    readonly forwardPorts: number[];
  }
  const container = JSON.parse(read('.devcontainer/devcontainer.json')) as DevContainer;
  const dockerfile = read(`.devcontainer/${container.build.dockerfile}`);

  it('is Debian with the Node version of .nvmrc', () => {
    expect(/^FROM (\S+)/m.exec(dockerfile)?.[1]).toMatch(NODE_IMAGE);
  });

  it('has the packages that .ci/run installs', () => {
    const installed = /apt-get install -y --no-install-recommends (.*) \\/.exec(dockerfile)?.[1].split(' ');
    expect(installed).toEqual(packages);
  });

  it('installs the dependencies, and forwards the ports of clients, control plane and dashboard', () => {
    expect(container.postCreateCommand).toBe('npm ci');
    const { services } = parse(read('docker-compose.yml'), { merge: true }) as {
      services: Record<string, { ports: string[] }>;
    };
    const ports = [...services.balancer.ports, ...services.dashboard.ports].map((pair) =>
      Number(pair.split(':').at(-2)),
    );
    expect(container.forwardPorts).toEqual(ports);
  });
});

it('CONTRIBUTING.md names the packages that .ci/run installs', () => {
  expect(/apt-get install ([^`]*)`/.exec(read('CONTRIBUTING.md'))?.[1].split(' ')).toEqual(packages);
});

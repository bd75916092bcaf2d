// Which balancer the commands talk to, and what they say when they cannot.
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePorts, reservePorts } from '../processes/ports.js';
import { shared } from '../support/lifetime.js';
import { startBalancer } from '../support/processes.js';
import { httpUpstream } from '../support/upstreams.js';
import { fairlead, workingFolder } from './fairlead.js';
import { node, NUMBERS, SERVER } from './joining.js';

const TOKEN = 'a-token-with-every-role-of-the-control-plane';

const balancer = shared((atEnd) => startBalancer({ CONTROL_PLANE_TOKEN: TOKEN }, atEnd));

/** A home with a configuration file of the user. */
function aHome(text: string, mode = 0o600) {
  const folder = workingFolder();
  const config = join(folder.path, '.config', 'fairlead');
  mkdirSync(config, { recursive: true });
  folder.write('.config/fairlead/config.yaml', text, mode);
  return { home: folder.path, config, file: join(config, 'config.yaml'), write: folder.write };
}

describe('the balancer', () => {
  it('is named by the file of the user, whose paths are beside it', async () => {
    const { home, config, write } = aHome(`url: ${balancer.current.control}\ntokenFile: token\n`);
    write('.config/fairlead/token', `${TOKEN}\n`);
    const { exitCode, stdout } = await fairlead(['backends'], { env: { HOME: home } });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'no backend has joined\n' });
    const xdg = await fairlead(['backends'], { env: { XDG_CONFIG_HOME: join(config, '..') } });
    expect(xdg.stdout).toBe('no backend has joined\n');
  });

  it('is that of a flag, else of a variable, else of the file', async () => {
    const { control } = balancer.current;
    const { home } = aHome('url: http://127.0.0.1:1\ntoken: of-another-balancer\n');
    const variables = { HOME: home, BALANCER_URL: control, CONTROL_PLANE_TOKEN: TOKEN };
    expect((await fairlead(['backends'], { env: variables })).exitCode).toBe(0);
    const flags = ['--url', control, '--token', TOKEN];
    const wrong = { HOME: home, BALANCER_URL: 'http://127.0.0.1:2', CONTROL_PLANE_TOKEN: 'x' };
    // Before the command and after it.
    expect((await fairlead(['backends', ...flags], { env: wrong })).exitCode).toBe(0);
    expect((await fairlead([...flags, 'backends'], { env: wrong })).exitCode).toBe(0);
  });

  it('does not get the token that the file has for another one', async () => {
    const received: (string | undefined)[] = [];
    const other = await httpUpstream(({ headers }, response) => {
      received.push(headers.authorization);
      response.end('{}');
    });
    const { home } = aHome(`url: ${balancer.current.control}\ntoken: ${TOKEN}\n`);
    await fairlead(['backends', '--url', `http://127.0.0.1:${other.port}`], { env: { HOME: home } });
    expect(received).toEqual([undefined]);
  });

  it('does not get it either beside another one that a process joins', async () => {
    const { control } = balancer.current;
    const received: (string | undefined)[] = [];
    const other = await httpUpstream(({ headers }, response) => {
      received.push(headers.authorization);
      response.writeHead(401).end('{}');
    });
    const { home } = aHome(`url: ${control}\ntoken: ${TOKEN}\n`);
    const [port] = await reservePorts(1);
    const balancers = ['--balancer', control, '--balancer', `http://127.0.0.1:${other.port}`];
    const flags = ['join', '--port', String(port), ...NUMBERS, ...balancers, '--', ...node(SERVER, port)];
    expect((await fairlead(flags, { env: { HOME: home } })).exitCode).toBe(125);
    expect(new Set(received)).toEqual(new Set([undefined]));
  });

  it('may have its token read by others, which is worth a warning', async () => {
    const { home, file } = aHome(`url: ${balancer.current.control}\ntoken: ${TOKEN}\n`, 0o644);
    const { exitCode, stderr } = await fairlead(['backends'], { env: { HOME: home } });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: `fairlead: warning: ${file} holds a token, and others may read it: chmod 600 ${file}\n`,
    });
  });

  it.each([
    [0o620, 'others may write it: chmod go-w '],
    [0o602, 'others may write it: chmod go-w '],
  ])('exits with 2 when the mode of the file of the user is %i', async (mode, message) => {
    const { home, file } = aHome(`url: ${balancer.current.control}\n`, mode);
    // The mode of a new file is limited by the umask.
    chmodSync(file, mode);
    const { exitCode, stderr } = await fairlead(['status'], { env: { HOME: home } });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: `fairlead: ${file} cannot be used: ${message}${file}\n`,
    });
  });

  it.runIf(process.geteuid?.() === 0)('exits with 2 when the file of the user belongs to another one', async () => {
    const { home, file } = aHome(`url: ${balancer.current.control}\n`);
    chownSync(file, 1, 1);
    const { exitCode, stderr } = await fairlead(['status'], { env: { HOME: home } });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: `fairlead: ${file} cannot be used: it belongs to another user (id 1)\n`,
    });
  });

  it('is not named with a password, which is not repeated', async () => {
    const { exitCode, stderr } = await fairlead(['status', '--url', 'http://admin:secret@127.0.0.1:1']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^fairlead: --url must be an http or https URL .*, without a user name and a password/);
    expect(stderr).not.toContain('secret');
  });

  it('is not given an empty flag', async () => {
    const env = { BALANCER_URL: balancer.current.control, CONTROL_PLANE_TOKEN: TOKEN };
    expect((await fairlead(['status', '--token', '', '--url', ''], { env })).exitCode).toBe(1);
  });

  it.each([
    ['tokn: x', 'tokn is unknown (did you mean "token"?); allowed: url, token, tokenFile, caFile'],
    ['url: 5', 'url must be a text that is not empty'],
    ['- url', 'the file must have lines such as url: http://…'],
    ['url: ftp://x', 'url must be an http or https URL such as http://127.0.0.1:9797, got "ftp://x"'],
    ['token: a\ntokenFile: b', expect.stringMatching(/token and .*: tokenFile exclude each other/) as string],
    ['url: "', expect.stringMatching(/at line 1, column/) as string],
  ])('exits with 2 when the file of the user is %j', async (text, message) => {
    const { home, file } = aHome(text);
    const { exitCode, stdout, stderr } = await fairlead(['status'], { env: { HOME: home } });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr.startsWith(`fairlead: ${file}: `)).toBe(true);
    expect(stderr.slice(`fairlead: ${file}: `.length).trimEnd()).toEqual(message);
  });
});

describe('a balancer that cannot be used', () => {
  it('is an exit code of 2, with what is wrong', async () => {
    const { control } = balancer.current;
    const [port] = await freePorts(1);
    const page = await httpUpstream((_, response) => response.end('<html>'));
    const sentences = [
      [{ BALANCER_URL: `http://127.0.0.1:${port}` }, /:\d+\/ cannot be reached: it refused the connection\n$/],
      [{ BALANCER_URL: control }, /requires a token with the role read: use --token or --token-file\n$/],
      [
        { BALANCER_URL: control, CONTROL_PLANE_TOKEN: 'wrong' },
        /does not accept the token of CONTROL_PLANE_TOKEN: it requires a token with the role read\n$/,
      ],
      [{ BALANCER_URL: `http://127.0.0.1:${page.port}` }, /is it the control plane of a balancer/],
      [{ BALANCER_URL: control, CONTROL_PLANE_TOKEN_FILE: '/nonexistent' }, /\/nonexistent/],
    ] as const;
    for (const [env, sentence] of sentences) {
      const { exitCode, stdout, stderr } = await fairlead(['backends'], { env });
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toMatch(sentence);
    }
  });
});

describe('fairlead version', () => {
  it('prints the versions, also of a balancer that is not there', async () => {
    const [port] = await freePorts(1);
    const env = { BALANCER_URL: `http://127.0.0.1:${port}` };
    const { exitCode, stdout } = await fairlead(['version'], { env });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^fairlead {2}\d+\.\d+\.\d+.*\nnode {6}24\..*\nbalancer {2}http:.* cannot be reached/);
    expect(JSON.parse((await fairlead(['version', '--json'], { env })).stdout)).toMatchObject({ balancer: null });
    expect((await fairlead(['--version'])).stdout).toBe((await fairlead(['-V'])).stdout);
    expect((await fairlead(['-V'])).stdout).toMatch(/^\d+\.\d+\.\d+/);
  });
});

describe('fairlead --help', () => {
  it('lists the commands and exits with 0, also in a home that cannot be read', async () => {
    const { exitCode, stdout, stderr } = await fairlead(['--help'], { env: { HOME: '/proc/1/nonexistent' } });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(
      /^Usage: fairlead .*start .*demo .*join .*spam .*status .*backends .*explain .*events .*drain .*check .*diff /s,
    );
  });

  it('has a page for each command', async () => {
    const readers = ['status', 'backends', 'explain', 'events', 'version'];
    for (const command of ['start', 'demo', 'spam', 'join', ...readers, 'drain', 'resume', 'remove', 'check', 'diff']) {
      const { exitCode, stdout } = await fairlead([command, '--help']);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(new RegExp(`^Usage: fairlead ${command} `));
    }
  });
});

// What the commands print in a terminal that is narrow or has no colours, and where there is none.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { shared } from '../support/lifetime.js';
import { startBalancer } from '../support/processes.js';
import { describeWith } from '../support/programs.js';
import { httpUpstream, join } from '../support/upstreams.js';
import { FAIRLEAD, fairlead } from './fairlead.js';

/** The control plane of a balancer with one backend. */
const control = shared(async (atEnd) => {
  const balancer = await startBalancer({}, atEnd);
  const upstream = await httpUpstream((_, response) => response.end('ok'), atEnd);
  await join(balancer, 'files-1', upstream.port, { pingPath: '/' });
  return balancer.control;
});

describeWith('python3', 'a terminal', (python) => {
  /** Runs the command in a terminal of 40 columns. */
  const IN_TERMINAL = `
import fcntl, os, pty, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    os.execv(sys.argv[1], sys.argv[1:])
while True:
    try:
        chunk = os.read(terminal, 4096)
    except OSError:
        break
    if not chunk:
        break
    sys.stdout.buffer.write(chunk)
`;

  async function inTerminal(args: readonly string[], env: Record<string, string>): Promise<string[]> {
    const command = [process.execPath, FAIRLEAD, ...args, '--url', control.current];
    const variables = { HOME: '/nonexistent', TERM: 'xterm', ...env };
    const child = spawn(python, ['-c', IN_TERMINAL, ...command], { env: variables });
    let output = '';
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    await once(child, 'close');
    return output.trimEnd().split('\r\n');
  }

  it.each([['backends'], ['status'], ['backends --help'], ['--help']])(
    'of 40 columns without colours shows fairlead %s',
    async (args) => {
      const lines = await inTerminal(args.split(' '), { NO_COLOR: '1' });
      expect(lines.length).toBeGreaterThan(1);
      // Addresses and names of variables cannot be broken.
      expect(lines.filter((line) => line.length > 40 && !/http:|_/.test(line))).toEqual([]);
      expect(lines.join('')).not.toContain('\u001b');
    },
  );

  it('shows colours unless they are not wanted', async () => {
    const lines = await inTerminal(['backends'], {});
    expect(lines.at(-1)).toContain('\u001b[32mup\u001b[39m');
  });
});

describe('output that goes elsewhere', () => {
  const widest = async (args: readonly string[], env: Record<string, string>) => {
    const { stdout } = await fairlead([...args, '--url', control.current], { env });
    return Math.max(...stdout.split('\n').map(({ length }) => length));
  };

  it('is as wide as COLUMNS says, and otherwise as it needs', async () => {
    const whole = await widest(['backends'], {});
    expect(whole).toBeGreaterThan(60);
    expect(await widest(['backends'], { COLUMNS: '60' })).toBeLessThanOrEqual(60);
    expect(await widest(['backends'], { COLUMNS: 'wide' })).toBe(whole);
    expect(await widest(['--help'], { COLUMNS: '200' })).toBeGreaterThan(await widest(['--help'], {}));
  });
});

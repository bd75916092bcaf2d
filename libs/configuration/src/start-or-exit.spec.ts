// Each case is a process of its own: what matters is how it ends and what it leaves on stderr.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';

const startOrExit = new URL('./start-or-exit.ts', import.meta.url).href;
const environment = new URL('./environment.ts', import.meta.url).href;

/** Runs a process whose start is `body`, the body of an async function. */
async function run(
  body: string,
  variables: Record<string, string> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const program = `
    import { startOrExit } from '${startOrExit}';
    import { ConfigurationError } from '${environment}';
    await startOrExit('example', process.env, async () => { ${body} });
    console.log('started');`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, stdout, stderr };
}

describe('startOrExit', () => {
  it('resolves once the start is complete', async () => {
    expect(await run('await null;')).toEqual({ code: 0, stdout: 'started\n', stderr: '' });
  });

  it('writes a line for each invalid variable and exits with code 1', async () => {
    const problems = ['PORT must be a port, got "x"', 'HOST must be a host, got "y"'];
    const body = `throw new ConfigurationError(${JSON.stringify(problems)});`;
    expect(await run(body)).toEqual({ code: 1, stdout: '', stderr: `${problems.join('\n')}\n` });
  });

  it.each([
    ['new Error("the port is taken")', 'the port is taken'],
    ['"the port is taken"', 'the port is taken'],
  ])('names the process that %s keeps from starting, without a stack trace', async (thrown, reason) => {
    const { code, stderr } = await run(`await null; throw ${thrown};`);
    expect({ code, stderr }).toEqual({ code: 1, stderr: `example could not start: ${reason}\n` });
  });

  it.each([
    ["new ConfigurationError(['a', 'b'])", ['a', 'b']],
    ['new Error("the port is taken")', ['example could not start: the port is taken']],
  ])('writes %s as lines of JSON with LOG_FORMAT=json', async (thrown, reasons) => {
    const { code, stderr } = await run(`throw ${thrown};`, { LOG_FORMAT: 'json' });
    const lines = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(code).toBe(1);
    expect(lines).toEqual(reasons.map((msg) => ({ level: 'fatal', time: expect.any(Number), app: 'example', msg })));
  });
});

// The start of a balancer that shares its registry: it waits for a server that is away, and says what an operator has to
// change.
import { describe, expect, it } from 'vitest';
import { reservePorts } from '../processes/ports.js';
import { shared } from '../support/lifetime.js';
import { launch, listening, refusedStart } from '../support/processes.js';
import { describeWith } from '../support/programs.js';
import { startRedis } from '../support/redis.js';

const SETTINGS = { DATA_PLANE_PORT: '0', CONTROL_PLANE_PORT: '0', DATA_PLANE_THREADS: '0', SWAGGER: 'false' };

describeWith('redis-server', 'a balancer that starts', (path) => {
  it('waits for a registry that is away, and says so', async () => {
    const [port] = await reservePorts(1);
    const name = `the registry at redis://127.0.0.1:${port}`;
    const balancer = launch('balancer', { ...SETTINGS, REGISTRY_URL: `redis://127.0.0.1:${port}` });
    const line = await balancer.logged('this balancer waits for it');
    expect(line).toMatchObject({ level: 'warn', context: 'Registry', app: 'balancer' });
    expect(line.msg).toContain(`${name} cannot be reached: connection refused; `);
    await startRedis(path, [], { port });
    const { control } = await listening(balancer);
    expect((await fetch(`${control}/health/ready`)).status).toBe(200);
  });

  describe('with a registry that it cannot use', () => {
    const server = shared((atEnd) => startRedis(path, ['--requirepass', 'right'], { atEnd }));

    it.each([
      ['redis://', 'asks for a password: put it into REGISTRY_URL, as in redis://:password@host'],
      ['redis://:wrong@', 'does not accept the user and password in REGISTRY_URL'],
    ])('ends with a sentence: %s', async (beginning, sentence) => {
      const { port } = server.current;
      const REGISTRY_URL = `${beginning}127.0.0.1:${port}`;
      expect(await refusedStart({ REGISTRY_URL })).toBe(
        `balancer could not start: the registry at redis://127.0.0.1:${port} ${sentence}\n`,
      );
    });
  });
});

// What a balancer does with a configuration file that is not valid.
import { copyFileSync, mkdirSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  aPair,
  configurationOf,
  eventsOfKind,
  fileFor,
  metric,
  rejectedReload,
  reload,
  servers,
  type ConfiguredBalancer,
} from '../support/configuration-file.js';
import { shared } from '../support/lifetime.js';
import { backendIn, until } from '../support/processes.js';

/** Nine lists of nine of the one before. */
const BOMB = ['a: &a [1,1,1,1,1,1,1,1,1]']
  .concat(Array.from('bcdefghi', (name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`))
  .join('\n');

describe('a file that is not valid', () => {
  const pair = shared(aPair);

  it.each<[what: string, damage: (balancer: ConfiguredBalancer) => void, problem: RegExp]>([
    [
      'has 5 MB',
      ({ write }) => write(`# ${'x'.repeat(5_000_000)}`),
      /fairlead\.yaml cannot be read: it must have at most/,
    ],
    ['explodes', ({ write }) => write(BOMB), /must have at most \d+ values/],
    ['is no YAML', ({ write }) => write('pools: {'), /^\S+fairlead\.yaml:\d+:\d+: .* is not valid/],
    ['has vanished', ({ file }) => unlinkSync(file), /fairlead\.yaml cannot be read: there is no such file$/],
    [
      'is a directory',
      ({ file }) => {
        rmSync(file);
        mkdirSync(file);
      },
      /fairlead\.yaml cannot be read: it is a directory$/,
    ],
    [
      'names a secret that cannot be read',
      ({ write }) => write('routes: [{ respond: { status: 200, body: "${file:/nowhere/secret}" } }]'),
      /routes\[0\]\.respond\.body needs the file "\/nowhere\/secret", which cannot be read: there is no such file$/,
    ],
    [
      'sends requests to the balancer itself',
      ({ write, port }) => write(fileFor('self', port)),
      /pools\.default\.backends\[0\]\.url must not be http:\S+: it is the balancer itself, and that would be a loop$/,
    ],
    [
      'names a backend where none may be',
      ({ write }) => write('pools: { default: { backends: [{ url: "http://192.0.2.1:80" }] } }'),
      /: its address is not in BACKEND_NETWORKS$/,
    ],
    [
      'has two backends with one id',
      ({ write }) =>
        write(
          'pools: { a: { backends: [{ id: x, url: "http://127.0.0.1:1" }] }, b: { backends: [{ id: x, url: "http://127.0.0.1:2" }] } }',
        ),
      /pools\.b\.backends must have ids that differ from those of pools\.a, got x$/,
    ],
  ])('because it %s is rejected, and the one before serves on', async (_, damage, problem) => {
    const balancer = pair.current;
    damage(balancer);
    const problems = await rejectedReload(balancer);
    expect(problems[0]).toMatch(problem);
    expect(await servers(balancer)).toEqual(['200 one']);
    expect((await configurationOf(balancer)).problems).toEqual(problems);
    expect(await metric(balancer, 'fairlead_configuration_last_reload_successful')).toBe('0');
    const rejected = (await eventsOfKind(balancer, 'configuration-rejected')).at(-1);
    expect(rejected?.reason).toBe(`${problems.join('; ')}; what was loaded before remains in force`);

    rmSync(balancer.file, { recursive: true, force: true });
    balancer.write(balancer.files.one);
    await reload(balancer);
    expect(await metric(balancer, 'fairlead_configuration_last_reload_successful')).toBe('1');
    expect(await eventsOfKind(balancer, 'configuration-changed')).toEqual([]);
  });

  it('is rejected once, however long it stays so', async () => {
    const balancer = await aPair();
    balancer.write('pools: 1');
    await until('it to be rejected', async () => (await eventsOfKind(balancer, 'configuration-rejected')).length > 0);
    copyFileSync(balancer.file, `${balancer.file}.same`);
    renameSync(`${balancer.file}.same`, balancer.file);
    balancer.write(balancer.files.two);
    await backendIn(balancer.control, 'two', 'up');
    expect(await eventsOfKind(balancer, 'configuration-rejected')).toHaveLength(1);
  });
});

// How a balancer gets another configuration while it serves.
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bearer } from '../support/bearer.js';
import {
  aPair,
  configurationOf,
  eventsOfKind,
  fileFor,
  metric,
  postReload,
  reload,
  servers,
  startWithFile,
} from '../support/configuration-file.js';
import { shared } from '../support/lifetime.js';
import { backendIn, until } from '../support/processes.js';
import { holdingUpstream, httpUpstream } from '../support/upstreams.js';

describe('a file that changes', () => {
  const pair = shared(aPair);

  it.each<[how: string, replace: (file: string, text: string) => void]>([
    ['written', (file, text) => writeFileSync(file, text)],
    [
      'replaced by another file, as editors do',
      (file, text) => {
        writeFileSync(`${file}.new`, text);
        renameSync(`${file}.new`, file);
      },
    ],
    [
      'replaced by a link to a link, as Kubernetes does',
      (file, text) => {
        const folder = `${file}.d`;
        mkdirSync(join(folder, 'v1'), { recursive: true });
        writeFileSync(join(folder, 'v1', 'fairlead.yaml'), text);
        symlinkSync('v1', join(folder, 'data'));
        symlinkSync(join('fairlead.yaml.d', 'data', 'fairlead.yaml'), `${file}.link`);
        renameSync(`${file}.link`, file);
      },
    ],
    [
      'a link whose folder is replaced, as Kubernetes does',
      (file, text) => {
        const folder = `${file}.d`;
        mkdirSync(join(folder, 'v2'));
        writeFileSync(join(folder, 'v2', 'fairlead.yaml'), text);
        symlinkSync('v2', join(folder, 'next'));
        renameSync(join(folder, 'next'), join(folder, 'data'));
      },
    ],
  ])('is in force in every thread when it was %s', async (_, replace) => {
    const { file, files } = pair.current;
    const before = await eventsOfKind(pair.current, 'configuration-changed');
    const [serving] = await servers(pair.current);
    const [name, text] = serving === '200 one' ? (['two', files.two] as const) : (['one', files.one] as const);
    replace(file, text);
    await backendIn(pair.current.control, name, 'up');
    await backendIn(pair.current.control, name === 'one' ? 'two' : 'one', 'gone');
    expect(await servers(pair.current)).toEqual([`200 ${name}`]);
    const events = await eventsOfKind(pair.current, 'configuration-changed');
    expect(events).toHaveLength(before.length + 1);
    expect(events.at(-1)?.reason).toContain('pool default');
    expect(events.at(-1)?.caller).toBeUndefined();
  });
});

describe('a reload', () => {
  it('is done when it is responded to, and says what has changed, and who asked for it', async () => {
    const balancer = await aPair();
    balancer.write(balancer.files.two);
    // Whether the change was noticed before does not matter.
    const { version } = await reload(balancer);
    expect(version).toBe(2);
    await backendIn(balancer.control, 'two', 'up');
    expect(await servers(balancer)).toEqual(['200 two']);
    const events = await eventsOfKind(balancer, 'configuration-changed');
    expect(events).toEqual([expect.objectContaining({ evidence: { version: 2 } })]);
    expect(await configurationOf(balancer)).toMatchObject({ file: balancer.file, version: 2, problems: [] });
  });

  it('of a file that says the same changes nothing, also with other words, and also on SIGHUP', async () => {
    const balancer = await aPair();
    expect(await reload(balancer)).toMatchObject({ result: 'unchanged', version: 1, changes: [] });
    balancer.write(`# a comment\n${balancer.files.one}\n`);
    expect(await reload(balancer)).toMatchObject({ result: 'unchanged', version: 1 });
    balancer.process.child.kill('SIGHUP');
    const counted = 'fairlead_configuration_reloads_total{result="unchanged"}';
    await until('SIGHUP to be counted', async () => (await metric(balancer, counted)) === '3');
    expect(await eventsOfKind(balancer, 'configuration-changed')).toEqual([]);
    expect(await servers(balancer)).toEqual(['200 one']);
  });

  it('leaves a request in flight to the backend that was removed, by the rules it began with', async () => {
    const held = await holdingUpstream();
    const next = await httpUpstream((_, response) => response.end('next'));
    const fileWith = (id: string, port: number) =>
      `${fileFor(id, port)}routes: [{ pool: default, responseHeaders: { set: { X-Rules: of-${id} } } }]`;
    const balancer = await startWithFile(fileWith('held', held.port));
    await backendIn(balancer.control, 'held', 'up');
    const inFlight = fetch(balancer.url);
    await held.holds(1);
    balancer.write(fileWith('next', next.port));
    await reload(balancer);
    await backendIn(balancer.control, 'next', 'up');
    await backendIn(balancer.control, 'held', 'draining');
    expect(await servers(balancer)).toEqual(['200 next']);
    held.held[0].end('held');
    const response = await inFlight;
    expect([await response.text(), response.headers.get('x-rules')]).toEqual(['held', 'of-held']);
    expect((await fetch(balancer.url)).headers.get('x-rules')).toBe('of-next');
    await backendIn(balancer.control, 'held', 'gone');
  });

  it('follows a file that the configuration names', async () => {
    const { port } = await httpUpstream((_, response) => response.end('served'));
    const page = (text: string) => `${text}: {{status}}`;
    const balancer = await startWithFile('{}');
    writeFileSync(join(balancer.folder, 'page.html'), page('first'));
    balancer.write('errorPages: [{ status: 503, html: page.html }]');
    await reload(balancer);
    expect(await servers(balancer)).toEqual(['503 first: 503']);
    writeFileSync(join(balancer.folder, 'page.html'), page('second'));
    await until('the page to be read again', async () => (await servers(balancer))[0] === '503 second: 503');
    balancer.write(fileFor('a', port));
    await reload(balancer);
    await backendIn(balancer.control, 'a', 'up');
  });

  it('needs the role operate, and is attributed to its caller', async () => {
    const tokens = JSON.stringify([
      { name: 'eye', role: 'read', token: 'a reader of 16 characters' },
      { name: 'hand', role: 'operate', token: 'an operator of 16 characters' },
    ]);
    const balancer = await startWithFile('{}', { CONTROL_PLANE_TOKENS: tokens });
    expect((await postReload(balancer, 'a reader of 16 characters')).status).toBe(403);
    balancer.write('pools: 1');
    expect((await postReload(balancer, 'an operator of 16 characters')).status).toBe(422);
    const { control } = balancer;
    const headers = bearer('a reader of 16 characters');
    const { events } = (await (await fetch(`${control}/api/v1/events`, { headers })).json()) as { events: object[] };
    const attribution = { caller: '127.0.0.1', token: 'hand', action: 'reload' };
    expect(events).toContainEqual(expect.objectContaining({ kind: 'configuration-rejected', ...attribution }));
  });

  it('is a conflict where there is no file', async () => {
    const balancer = await startWithFile('{}', { FAIRLEAD_CONFIG: '' });
    const response = await postReload(balancer);
    expect(response.status).toBe(409);
    expect(await response.text()).toContain('there is no configuration file');
    expect(await configurationOf(balancer)).toMatchObject({ file: null, version: 1 });
    balancer.process.child.kill('SIGHUP');
    await balancer.process.logged('there is no configuration file to reload');
  });
});

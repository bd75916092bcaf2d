// What becomes of a case in each lane.
import { describe, expect, it } from 'vitest';
import { EVIL, forwarded, get, post, refused, waits } from './case.js';
import { inLane } from './run.js';
import { RAW_THEMES } from './themes.js';

const cases = RAW_THEMES.flatMap(([, some]) => some);

describe('a case', () => {
  it('is the same in the fast and in the full lane', () => {
    expect(cases.filter((raw) => inLane(raw, 'fast')?.bytes !== inLane(raw, 'full')?.bytes)).toEqual([]);
  });

  it('asks for another protocol in the upgrade lane, and what follows a GET is not served', () => {
    const raw = forwarded('two', get('/a') + EVIL, 'GET /a', 'GET /evil');
    expect(inLane(raw, 'upgrade')).toMatchObject({
      bytes: raw.bytes.replace('\r\n', '\r\nConnection: Upgrade\r\nUpgrade: attack\r\n'),
      responses: [200],
      connection: 'closed',
      reaches: ['GET /a'],
    });
  });

  it('with a body is served there as if it asked for none', () => {
    const raw = forwarded('a body', post(['Content-Length: 5']), 'POST /a hello');
    expect(inLane(raw, 'upgrade')).toMatchObject({ responses: [200], connection: 'open', reaches: ['POST /a hello'] });
  });

  it('that is refused is refused there too, and one that waits waits', () => {
    expect(inLane(refused('two hosts', get('/a', 'Host: b')), 'upgrade')).toMatchObject({ responses: [400] });
    expect(inLane(waits('a cut head', get('/a').slice(0, 30)), 'upgrade')).toMatchObject({ connection: 'waits' });
  });

  it('without a line to put a field after says nothing about the upgrade lane', () => {
    expect(inLane(refused('noise', '\x00\xff'), 'upgrade')).toBeUndefined();
  });
});

describe('the cases', () => {
  it('are at least 150, each with a name of its own in its theme', () => {
    expect(cases.length).toBeGreaterThanOrEqual(150);
    for (const [theme, some] of RAW_THEMES) {
      expect(new Set(some.map(({ name }) => name)).size, theme).toBe(some.length);
    }
  });

  it('are bytes', () => {
    const isBytes = (text: string) => Buffer.from(text, 'latin1').toString('latin1') === text;
    expect(cases.filter(({ bytes, later = '' }) => !isBytes(bytes + later)).map(({ name }) => name)).toEqual([]);
  });
});

import { pino } from 'pino';
import { expect, it } from 'vitest';
import { logSettings } from './log-settings.js';

it('a line of JSON has no character that a terminal or a viewer obeys', () => {
  const { pinoHttp } = logSettings('test', { LOG_LEVEL: 'info', LOG_FORMAT: 'json' });
  if (Array.isArray(pinoHttp)) throw new Error('JSON is written as it is');
  const lines: string[] = [];
  const text = 'a\u001b[31m\u009b31m\u0085\n\u2028\u202e\u2066"\\';
  pino(pinoHttp, { write: (line) => void lines.push(line) }).info({ text }, text);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^[\x20-\x7e]+\n$/);
  expect(JSON.parse(lines[0])).toMatchObject({ level: 'info', text, msg: text });
});

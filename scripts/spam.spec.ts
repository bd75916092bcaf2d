import { describe, expect, it } from 'vitest';
import { spamOptions } from './spam-options.ts';
import { backendTable, type FleetReading } from './spam-summary.ts';

describe('spamOptions', () => {
  it('has a default for everything but the rate', () => {
    expect(spamOptions([])).toEqual({
      url: 'http://localhost:5252/',
      control: 'http://localhost:9797',
      method: 'GET',
      connections: 20,
      durationSeconds: 10,
      rate: undefined,
    });
  });

  it('takes a method in lower case', () => {
    expect(spamOptions(['--method', 'post'])).toMatchObject({ method: 'POST' });
  });

  it.each([
    [['--rate', 'abc'], '--rate must be a whole number from 1 to 1000000, got "abc"'],
    [['--duration', '0'], '--duration must be a whole number from 1 to 86400, got "0"'],
    [['--url', 'ftp://here'], '--url must be an http URL such as http://localhost:5252/, got "ftp://here"'],
    [['--bogus'], "Unknown option '--bogus'"],
  ])('refuses %j with one line', (args, sentence) => {
    expect(spamOptions(args)).toBe(sentence);
  });
});

describe('backendTable', () => {
  const reading = (...backends: [id: string, requests: number, compute: number][]): FleetReading => ({
    resources: ['compute'],
    backends: backends.map(([id, requests, compute]) => ({
      id,
      state: 'up',
      requests,
      errors: 0,
      totals: { compute },
    })),
  });
  const rows = (table: string) =>
    table.split('\n').map((line) =>
      line
        .split('│')
        .map((cell) => cell.trim())
        .slice(1, -1),
    );

  it('shows what was added between the readings, and its share of all', () => {
    const table = rows(backendTable(reading(['a', 10, 50], ['b', 10, 50]), reading(['a', 40, 90], ['b', 20, 55])));
    expect(table).toContainEqual(['a', 'up', '30', '75.0 %', '0', '40']);
    expect(table).toContainEqual(['b', 'up', '10', '25.0 %', '0', '5']);
  });

  it('counts all requests of a backend that joined, or joined again, in between', () => {
    const table = rows(backendTable(reading(['a', 10, 50]), reading(['a', 4, 9], ['b', 4, 7])));
    expect(table).toContainEqual(['a', 'up', '4', '50.0 %', '0', '9']);
    expect(table).toContainEqual(['b', 'up', '4', '50.0 %', '0', '7']);
  });
});

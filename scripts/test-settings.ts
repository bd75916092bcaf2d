// `npm run test:settings`: the end-to-end tests and the chaos suite with the fast lane and without, with one thread of the
// data plane and with two. Half an hour; `npm test` has them with the defaults, and no thread for most tests.
import { chaos, check, suite, type Setting } from './parts.ts';
import { lastLine, summaryOf, totalOf } from './test-summary.ts';

const SETTINGS: readonly Setting[] = ['on', 'off'].flatMap((lane) =>
  ['1', '2'].map((threads) => ({ FAST_LANE: lane, DATA_PLANE_THREADS: threads })),
);

const startedMs = performance.now();
const lines: string[] = [];
const parts = [await check('build')];
for (const setting of SETTINGS) {
  const words = Object.entries(setting)
    .map(([variable, value]) => `${variable}=${value}`)
    .join(' ');
  process.stdout.write(`\n══ ${words}\n`);
  const both = [await suite('e2e', { setting }), await chaos({ setting })];
  lines.push(`${words}: ${lastLine(totalOf(both))}`);
  parts.push(...both);
}
process.stdout.write(`\n${lines.join('\n')}\n${summaryOf(parts, (performance.now() - startedMs) / 1000)}`);
process.exitCode = totalOf(parts).failed > 0 ? 1 : 0;

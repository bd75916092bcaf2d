// `npm run test:settings`: the end-to-end tests and the chaos suite with the fast lane and without, with one thread of the
// data plane and with two. Half an hour; `npm test` has them with the defaults, and no thread for most tests.
import { chaos, check, suite, type Setting } from './suites.ts';
import { NOTHING, addUp } from './test-tally.ts';

const SETTINGS: readonly Setting[] = ['on', 'off'].flatMap((lane) =>
  ['1', '2'].map((threads) => ({ FAST_LANE: lane, DATA_PLANE_THREADS: threads })),
);

const lines: string[] = [];
const tallies = [check('build')];
for (const setting of SETTINGS) {
  const words = Object.entries(setting).map(([variable, value]) => `${variable}=${value}`);
  process.stdout.write(`\n══ ${words.join(' ')}\n`);
  const both = addUp(suite('e2e', setting), chaos(setting));
  lines.push(`${words.join(' ')}: ${both.passed} passed, ${both.failed} failed`);
  tallies.push(both);
}
const { passed, failed } = tallies.reduce(addUp, NOTHING);
process.stdout.write(`\n${lines.join('\n')}\n\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;

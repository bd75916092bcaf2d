// `npm test`: every check and every suite, then one last line.
import { chaos, check, suite } from './suites.ts';
import { NOTHING, addUp } from './test-tally.ts';

const CHECKS = ['format:check', 'lint', 'typecheck', 'deps', 'unused', 'docs:api', 'build'];
const SUITES = ['unit', 'e2e'];

const tallies = [...CHECKS.map(check), ...SUITES.map((name) => suite(name)), chaos()];
const { passed, failed } = tallies.reduce(addUp, NOTHING);
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;

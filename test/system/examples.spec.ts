// The backends of examples/ that need no package, as processes, in the fleet of a real balancer.
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import { testExample, testRefusal, type Example } from '../support/example-backend.js';
import { describeWith } from '../support/programs.js';

describe('examples/node', () => tests(process.execPath, 'node/backend.mjs'));
describeWith('python3', 'examples/python', (python) => tests(python, 'python/backend.py'));

function tests(program: string, file: string): void {
  const path = fileURLToPath(new URL(`../../examples/${file}`, import.meta.url));
  const example: Example = { command: () => [program, path] };
  testExample(example);
  testRefusal(example);
}

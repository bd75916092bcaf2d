// The README is short, and a test runs each of its commands.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { packagesOfTests } from '../support/programs.js';
import { README, RUN_AGAINST_DEMO, RUN_ELSEWHERE, commandsIn } from '../support/readme-commands.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('the README', () => {
  it('has at most 220 lines', () => {
    expect(README.trimEnd().split('\n').length).toBeLessThanOrEqual(220);
  });
});

describe('the commands of the README', () => {
  const commands = commandsIn(README);
  const tested = [...RUN_AGAINST_DEMO.keys(), ...RUN_ELSEWHERE.keys()];

  it('are found in blocks, over several lines, and in the text', () => {
    const block = "- so:\n\n  ```sh\n  one\n  curl -d '{\n    1\n  }'\n  ```\n";
    expect(commandsIn(`${block}\nand \`npm test\`, not \`npm\``)).toEqual(['one', "curl -d '{\n  1\n}'", 'npm test']);
  });

  it('are all run by a test; test/support/readme-commands.ts says which', () => {
    expect(commands.filter((command) => !tested.includes(command))).toEqual([]);
  });

  it('are the only ones that the tests expect there', () => {
    expect(tested.filter((command) => !commands.includes(command))).toEqual([]);
  });

  it('start what test/system/demo.spec.ts starts', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    expect(scripts).toMatchObject({ prestart: 'npm run build', start: 'exec node dist/apps/cli/src/main.js demo' });
    const demo = read('test/support/demo.ts');
    expect(demo).toContain("command: [process.execPath, 'dist/apps/cli/src/main.js']");
    expect(demo).toContain("'demo', '--port-offset',");
    expect(read('test/system/demo.spec.ts')).toContain('startDemo()');
  });

  it('test what .ci/run tests, with the packages that it installs', () => {
    expect(commands).toContain('npm ci && npm test');
    expect(read('.ci/run')).toMatch(/^npm ci$[^]*npm test\n$/m);
    expect(commands).toContain(`sudo apt-get install ${packagesOfTests().join(' ')}`);
  });
});

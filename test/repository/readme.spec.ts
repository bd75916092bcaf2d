import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

describe('the links of the README', () => {
  const targets = [...README.matchAll(/\]\((?!https?:)([^)#]+)/g), ...README.matchAll(/(?:src|srcset)="([^"]+)"/g)];

  it.each(targets.map(([, target]) => target))('%s exists', (target) => {
    expect(() => readFileSync(new URL(`../../${target}`, import.meta.url))).not.toThrow(/ENOENT/);
  });
});

import { describe, expect, it } from 'vitest';
import { describedIn, introductionOf } from './first-sentence.ts';

describe('the first sentence of a source file', () => {
  it.each([
    ['one line', '// Reads heads.\nimport x;', 'Reads heads'],
    [
      'a sentence over two lines',
      '// Reads heads, in however\n// many pieces. Pure.\n',
      'Reads heads, in however many pieces',
    ],
    ['a line without a full stop', '// Reads heads\n//\n// Second paragraph.\n', 'Reads heads'],
    ['a line before a directive', '// Reads heads.\n// oxlint-disable-next-line x\n', 'Reads heads'],
    ['a question', '// One ping: does a backend respond? Then it is up.\n', 'One ping: does a backend respond?'],
    [
      'full stops that end no sentence',
      '// For HTTP/1.1, e.g. in main.ts. `x` is next.\n',
      'For HTTP/1.1, e.g. in main.ts',
    ],
    ['a block of one line', '/* The frame: header and footer. Light. */\nbody {}', 'The frame: header and footer'],
    ['a block of several lines', '/**\n * The frame:\n * header. Light.\n */\nx', 'The frame: header'],
    ['a command', '#!/usr/bin/env node\n// Reads heads. Pure.\n', 'Reads heads'],
    ['lines of Windows', '// Reads\r\n// heads. Pure.\r\nimport x;', 'Reads heads'],
  ])('is read from %s', (_, source, sentence) => {
    expect(describedIn(source)).toBe(sentence);
  });

  it.each(['import x;\n// Late.\n', '\n// Late.\n', '', '//\n// Late.\n', '/* */\nx', '// oxlint-disable x\n'])(
    'is missing in %j',
    (source) => {
      expect(describedIn(source)).toBeUndefined();
    },
  );
});

describe('a long first sentence', () => {
  const fill = (length: number) => 'word '.repeat(length / 5).trim();

  it('stays whole up to 100 characters', () => {
    const sentence = `${fill(100)}s`;
    expect(sentence).toHaveLength(100);
    expect(describedIn(`// ${sentence}.`)).toBe(sentence);
  });

  it('ends before its last colon or semicolon that fits, as a clause of its own', () => {
    expect(describedIn(`// Starts the backend: settings first; then the port: ${fill(80)}.`)).toBe(
      'Starts the backend: settings first; then the port',
    );
  });

  it('ends before a comma when the clause would say little, and shows that more followed', () => {
    expect(describedIn(`// The door of the data plane: accepts clients, in order, ${fill(80)}.`)).toBe(
      'The door of the data plane: accepts clients, in order …',
    );
  });

  it('ends with a short clause rather than within one', () => {
    expect(describedIn(`// The door of the data plane: ${fill(100)}.`)).toBe('The door of the data plane');
  });

  it('ends after a word when it has no other place', () => {
    expect(describedIn(`// ${fill(150)}.`)).toBe(`${fill(100)} …`);
  });

  it('does not end within parentheses or code', () => {
    const clause = 'The form of one report of a cost';
    expect(describedIn(`// ${clause} (compute: 3, storage: 1 ${fill(80)}).`)).toBe(`${clause} …`);
    expect(describedIn(`// ${clause} \`{ compute: 3, storage: 1 ${fill(80)}\`.`)).toBe(`${clause} …`);
  });
});

describe('the introduction of a README', () => {
  it('is the first sentence below the title', () => {
    expect(introductionOf('# The registry\n\nMembership\nand state. It has one door.\n\nMore.')).toBe(
      'Membership and state',
    );
    expect(introductionOf('# The registry\n')).toBeUndefined();
  });
});

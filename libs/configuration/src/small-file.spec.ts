import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MAX_FILE_BYTES, readSmallFile } from './small-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-small-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('reads UTF-8, without a byte order mark, up to the largest size', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '\ufeffä');
  expect(readSmallFile(file)).toBe('ä');
  writeFileSync(file, 'x'.repeat(MAX_FILE_BYTES));
  expect(readSmallFile(file)).toHaveLength(MAX_FILE_BYTES);
});

it.each<[what: string, make: (file: string) => void, problem: string]>([
  ['is missing', () => {}, 'there is no such file'],
  ['is a link to itself', (file) => symlinkSync('file', file), 'it links to itself'],
  [
    'is too large',
    (file) => writeFileSync(file, 'x'.repeat(MAX_FILE_BYTES + 1)),
    'it must have at most 1000000 bytes, and has 1000001',
  ],
  ['is not text', (file) => writeFileSync(file, Buffer.of(0xff, 0xfe)), 'it is not UTF-8 text'],
  // It would be waited for, for ever.
  ['is a pipe', (file) => execFileSync('mkfifo', [file]), 'it is not a regular file'],
])('says that a file %s', (_, make, problem) => {
  const file = join(folder, 'file');
  make(file);
  expect(() => readSmallFile(file)).toThrow(problem);
});

it('says that a file is a directory, or below a file', () => {
  expect(() => readSmallFile(folder)).toThrow('it is a directory');
  expect(() => readSmallFile(join(import.meta.filename, 'x'))).toThrow('a part of its path is not a directory');
});

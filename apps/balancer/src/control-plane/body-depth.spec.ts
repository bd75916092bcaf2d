import { expect, it } from 'vitest';
import { depthOf } from './body-depth.js';

it.each([
  ['', 0],
  ['7', 0],
  ['{}', 1],
  ['[[]]', 2],
  ['[[],[],[]]', 2],
  ['{"a": {"b": [1, {"c": 2}]}}', 4],
  ['"[[[["', 0],
  [String.raw`{"\"[[": "\\", "b": ["]\\\"]"]}`, 2],
  ['["ü[", "\u{1F600}{"]', 1],
  ['}}}}[[', 0],
])('%s has %i levels', (text, levels) => {
  expect(depthOf(Buffer.from(text))).toBe(levels);
});

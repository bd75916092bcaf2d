import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { certificateFilesOf, certificateProblems, certificateVariables } from './certificate-variables.js';

const [CERTIFICATE, KEY, PASSWORD] = [{ A_CERTIFICATE_FILE: 'c' }, { A_KEY_FILE: 'k' }, { A_KEY_PASSWORD: 'p' }];

describe('the variables of a certificate', () => {
  it('are read from the environment, and are all optional', () => {
    const schema = z.object(certificateVariables('A', 'The certificate'));
    const all = { ...CERTIFICATE, ...KEY, ...PASSWORD };
    expect(schema.parse(all)).toEqual(all);
    expect(schema.parse({})).toEqual({});
  });

  it.each([
    [
      { ...CERTIFICATE, ...KEY, ...PASSWORD },
      { certificateFile: 'c', keyFile: 'k', password: 'p' },
    ],
    [
      { ...CERTIFICATE, ...KEY },
      { certificateFile: 'c', keyFile: 'k', password: undefined },
    ],
    [{}, undefined],
  ])('%j: the files are %j', (settings, files) => {
    expect(certificateFilesOf('A', settings)).toEqual(files);
  });

  it.each([
    [{ ...CERTIFICATE, ...KEY, ...PASSWORD }, []],
    [{}, []],
    [CERTIFICATE, ['A_CERTIFICATE_FILE needs A_KEY_FILE, which is not set']],
    [KEY, ['A_KEY_FILE needs A_CERTIFICATE_FILE, which is not set']],
    [PASSWORD, ['A_KEY_PASSWORD needs A_KEY_FILE, which is not set']],
  ])('%j: the problems are %j', (settings, problems) => {
    expect(certificateProblems('A', settings)).toEqual(problems);
  });
});

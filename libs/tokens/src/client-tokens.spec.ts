import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClientTokens } from './client-tokens.js';

const [FIRST, SECOND] = ['first-token-of-16-or-more', 'second-token-of-16-or-more'];
let folder: string;
let tokenFile: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-tokens-'));
  tokenFile = join(folder, 'token');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A server that accepts these tokens, and the tokens that it was sent. */
function aServer(...accepted: string[]) {
  const sent: (string | undefined)[] = [];
  const send = async ({ authorization }: Readonly<Record<string, string>>) => {
    sent.push(authorization);
    return new Response(null, { status: accepted.some((token) => authorization === `Bearer ${token}`) ? 200 : 401 });
  };
  return { sent, send };
}

const bearer = (...tokens: string[]) => tokens.map((token) => `Bearer ${token}`);

it('a client without a token sends no header', async () => {
  const { sent, send } = aServer();
  expect((await new ClientTokens({}).send(send)).status).toBe(401);
  expect(sent).toEqual([undefined]);
});

it('a client with a token sends it once, also when it is wrong', async () => {
  const { sent, send } = aServer(SECOND);
  expect((await new ClientTokens({ token: FIRST }).send(send)).status).toBe(401);
  expect(sent).toEqual(bearer(FIRST));
});

describe('a client with a file', () => {
  it('tries its tokens in order, and begins with the one that was accepted last', async () => {
    writeFileSync(tokenFile, `${FIRST}\n\n  ${SECOND}  \n`);
    const tokens = new ClientTokens({ tokenFile });
    const { sent, send } = aServer(SECOND);
    expect((await tokens.send(send)).status).toBe(200);
    expect((await tokens.send(send)).status).toBe(200);
    expect(sent).toEqual(bearer(FIRST, SECOND, SECOND));
  });

  it('returns the last 401 when none is accepted', async () => {
    writeFileSync(tokenFile, `${FIRST}\n${SECOND}\n`);
    const { sent, send } = aServer();
    expect((await new ClientTokens({ tokenFile }).send(send)).status).toBe(401);
    expect(sent).toEqual(bearer(FIRST, SECOND));
  });

  it('reads it again when it has changed, and keeps its tokens while it is not valid', async () => {
    writeFileSync(tokenFile, FIRST);
    const problems: string[] = [];
    const tokens = new ClientTokens({ tokenFile, onProblem: (message) => problems.push(message) });
    const { sent, send } = aServer(FIRST, SECOND);
    writeFileSync(tokenFile, SECOND);
    await tokens.send(send);
    writeFileSync(tokenFile, 'short');
    await tokens.send(send);
    await tokens.send(send);
    rmSync(tokenFile);
    await tokens.send(send);
    expect(sent).toEqual(bearer(SECOND, SECOND, SECOND, SECOND));
    expect(problems).toEqual(['line 1 must be a token of at least 16 characters', expect.stringMatching(/^ENOENT: /)]);
  });

  it.each([
    ['', 'the file has no token: write one a line'],
    [`${FIRST}\nshort\n`, 'line 2 must be a token of at least 16 characters'],
    [`${FIRST}\n`.repeat(9), 'at most 8 tokens are allowed, got 9'],
  ])('does not begin with the content %j', (content, problem) => {
    writeFileSync(tokenFile, content);
    expect(() => new ClientTokens({ tokenFile })).toThrow(problem);
  });
});

// A file of tokens, one a line.

/** The shortest token that is accepted, in characters. */
export const MIN_TOKEN_LENGTH = 16;

/** The most tokens a file may have: a client tries one after another, and the balancer limits wrong ones. */
const MAX_TOKENS = 8;

/**
 * Returns the tokens of a file, one a line, without blank lines and the white space around each. Several are valid at
 * the same time, so that one can be replaced without an interruption.
 *
 * @throws {Error} when there is none, there are more than eight, or one has fewer than {@link MIN_TOKEN_LENGTH}
 * characters. The message contains no token.
 */
export function parseTokenLines(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trim());
  const short = lines.findIndex((line) => line !== '' && line.length < MIN_TOKEN_LENGTH);
  if (short !== -1) {
    throw new Error(`line ${short + 1} must be a token of at least ${MIN_TOKEN_LENGTH} characters`);
  }
  const tokens = lines.filter((line) => line !== '');
  if (tokens.length === 0) throw new Error('the file has no token: write one a line');
  if (tokens.length > MAX_TOKENS) throw new Error(`at most ${MAX_TOKENS} tokens are allowed, got ${tokens.length}`);
  return tokens;
}

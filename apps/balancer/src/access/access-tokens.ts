// The tokens that the control plane accepts, from the environment and from files.
import { timingSafeEqual } from 'node:crypto';
import { ConfigurationError } from '@fairlead/configuration';
import { digestOf, parseTokenLines } from '@fairlead/tokens';
import { WatchedFile } from '@fairlead/watched-files';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { balancerConfig, type BalancerConfig } from '../config/balancer.config.js';
import { requiresToken, tokenList } from '../config/token-variables.js';
import { tokenFrom, unboundToken, type AccessToken } from './access-token.js';

/** Reads the tokens of one variable. */
type TokenSource = () => readonly AccessToken[];

@Injectable()
export class AccessTokens {
  /** Whether a request needs a token. */
  readonly areRequired: boolean;
  private readonly logger = new Logger('ControlPlane');
  private readonly sources: readonly TokenSource[];

  /** @throws {ConfigurationError} when a file cannot be read, or is not valid. */
  constructor(@Inject(balancerConfig.KEY) config: BalancerConfig) {
    const { CONTROL_PLANE_TOKEN: token, CONTROL_PLANE_TOKENS: tokens = [] } = config;
    this.areRequired = requiresToken(config);
    const fixed = tokens.map(tokenFrom);
    if (token !== undefined) fixed.push(unboundToken('CONTROL_PLANE_TOKEN', token));
    const { CONTROL_PLANE_TOKEN_FILE: lines, CONTROL_PLANE_TOKENS_FILE: list } = config;
    this.sources = [
      () => fixed,
      ...this.fileSource('CONTROL_PLANE_TOKEN_FILE', lines, (text) =>
        parseTokenLines(text).map((line) => unboundToken('CONTROL_PLANE_TOKEN_FILE', line)),
      ),
      ...this.fileSource('CONTROL_PLANE_TOKENS_FILE', list, (text) => parseList(text).map(tokenFrom)),
    ];
  }

  /** Reads all tokens once. @throws {ConfigurationError} when a file cannot be read, or is not valid. */
  static check(config: BalancerConfig): void {
    const { sources } = new AccessTokens(config);
    sources.forEach((tokens) => tokens());
  }

  /** The token that a caller sent. Every one is compared, so that the time taken does not show which are similar. */
  find(sent: string): AccessToken | undefined {
    const digest = digestOf(sent);
    let found: AccessToken | undefined;
    for (const token of this.sources.flatMap((tokens) => tokens())) {
      if (timingSafeEqual(token.digest, digest)) found ??= token;
    }
    return found;
  }

  private fileSource(
    variable: string,
    path: string | undefined,
    parse: (text: string) => readonly AccessToken[],
  ): readonly TokenSource[] {
    if (path === undefined) return [];
    const onProblem = (message: string) =>
      this.logger.error(`${variable}: ${message}; the tokens that were read before remain valid`);
    const onChange = ({ length }: readonly AccessToken[]) =>
      this.logger.log(`${variable} has changed: ${length} ${length === 1 ? 'token is' : 'tokens are'} valid now`);
    try {
      const file = new WatchedFile(path, parse, { onProblem, onChange });
      return [() => file.value];
    } catch (error) {
      throw new ConfigurationError([`${variable}: ${error instanceof Error ? error.message : String(error)}`]);
    }
  }
}

/** @throws {Error} that says what is wrong, without the tokens. */
function parseList(text: string) {
  const parsed = tokenList.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new Error(`the file ${parsed.error.issues[0].message}`);
}

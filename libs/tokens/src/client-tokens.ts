// How a client of the control plane sends its token, and changes to another one.
import { WatchedFile } from '@fairlead/watched-files';
import { parseTokenLines } from './token-lines.js';

/** Where a client has its token from. At most one of them is set. */
export interface TokenOptions {
  /** The token itself. */
  readonly token?: string | undefined;
  /** A file with the token, or several of them, one a line. It is read again when it has changed. */
  readonly tokenFile?: string | undefined;
  /** Receives a message when the file has changed and is not valid; the tokens read before stay in use. */
  readonly onProblem?: ((message: string) => void) | undefined;
}

/** The tokens of a client. With several, the one that was accepted last is sent first. */
export class ClientTokens {
  private readonly tokens: () => readonly string[];
  private accepted: string | undefined;

  /** @throws {Error} when the file cannot be read, or has no valid tokens. */
  constructor({ token, tokenFile, onProblem }: TokenOptions) {
    const file = tokenFile === undefined ? undefined : new WatchedFile(tokenFile, parseTokenLines, { onProblem });
    const given = token === undefined ? [] : [token];
    this.tokens = () => file?.value ?? given;
  }

  /**
   * Sends a request by `send`, which gets the header with the token. After a 401 it is sent again with the next token,
   * if there is one: a 401 means that nothing was done.
   */
  async send(send: (headers: Readonly<Record<string, string>>) => Promise<Response>): Promise<Response> {
    const [first, ...others] = this.inOrder();
    if (first === undefined) return send({});
    let response = await this.sendWith(first, send);
    for (const token of others) {
      if (response.status !== 401) break;
      await response.body?.cancel();
      response = await this.sendWith(token, send);
    }
    return response;
  }

  private async sendWith(token: string, send: (headers: Record<string, string>) => Promise<Response>) {
    const response = await send({ authorization: `Bearer ${token}` });
    if (response.status !== 401) this.accepted = token;
    return response;
  }

  private inOrder(): readonly string[] {
    const tokens = this.tokens();
    const { accepted } = this;
    if (accepted === undefined || !tokens.includes(accepted)) return tokens;
    return [accepted, ...tokens.filter((token) => token !== accepted)];
  }
}

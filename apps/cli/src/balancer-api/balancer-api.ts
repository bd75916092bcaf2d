// A client of the control plane of a balancer. Whatever fails, fails with one sentence.
import type { Environment } from '@fairlead/configuration';
import { problemSchema } from '@fairlead/contracts';
import { fetchTrusting, isUnknownAuthority, type Fetch } from '@fairlead/tls';
import { ClientTokens } from '@fairlead/tokens';
import type { z } from 'zod';
import { warn } from '../output/messages.js';
import type { BalancerFlags } from '../invocation/balancer-flags.js';
import { balancerSettings, type BalancerSettings } from '../settings/balancer-settings.js';

const TIMEOUT_MS = 5_000;

/** A request to the API. */
export interface ApiRequest<Schema extends z.ZodType> {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** Without a slash at its beginning. */
  readonly path: string;
  readonly body?: unknown;
  /** The role that a token needs for it, for messages. */
  readonly role?: 'read' | 'operate';
  /** As much of the response as the command uses: fields of other versions are left alone. */
  readonly schema: Schema;
  /** What the response is, for the message when it is something else. */
  readonly what: string;
  /** Statuses besides 200 with a response of this form. */
  readonly allowed?: readonly number[];
}

/** A response of the API. */
export interface ApiResponse<Body> {
  readonly status: number;
  readonly body: Body;
  /** The whole body as the balancer sent it. */
  readonly json: unknown;
}

/** A sentence about the balancer. */
export class BalancerError extends Error {
  /** The status of the response; undefined if there was none. */
  readonly status: number | undefined;

  constructor(message: string, options: ErrorOptions & { readonly status?: number | undefined } = {}) {
    super(message, options);
    this.status = options.status;
  }
}

/** Finds out which balancer is meant. @throws {Error} with a sentence when the settings are not valid. */
export function connect(flags: BalancerFlags, environment: Environment): BalancerApi {
  return new BalancerApi(balancerSettings(flags, environment, warn));
}

/** The API of one balancer. */
export class BalancerApi {
  private readonly tokens: ClientTokens;
  private readonly fetch: Fetch;

  /** @throws {Error} when the file of the token or of the authorities cannot be used. */
  constructor(private readonly settings: BalancerSettings) {
    const { token, tokenFile, caFile } = settings;
    this.tokens = new ClientTokens({ token, tokenFile });
    this.fetch = fetchTrusting({ authorityFile: caFile });
  }

  /** The address of the control plane. */
  get href(): string {
    return this.settings.url.href;
  }

  /** @throws {BalancerError} for any other response than the one that is asked for. */
  async send<Schema extends z.ZodType>(request: ApiRequest<Schema>): Promise<ApiResponse<z.output<Schema>>> {
    const { status, text } = await this.exchange(request);
    const json = tryParseJson(text);
    const isAllowed = status === 200 || (request.allowed ?? []).includes(status);
    if (!isAllowed) throw this.refusal(status, json, request.role ?? 'read');
    const parsed = request.schema.safeParse(json);
    if (parsed.success) return { status, body: parsed.data, json };
    throw new BalancerError(`${this.href} responded without ${request.what}: is it the control plane of a balancer?`, {
      status,
    });
  }

  private async exchange({ method = 'GET', path, body }: ApiRequest<z.ZodType>) {
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const response = await this.tokens.send((headers) => {
        const init = { method, ...content, headers: { ...type, ...headers }, redirect: 'manual' as const, signal };
        return this.fetch(new URL(path, this.settings.url), init);
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      throw new BalancerError(`${this.href} ${failureOf(error)}`, { cause: error });
    }
  }

  private refusal(status: number, json: unknown, role: string): BalancerError {
    const problem = problemSchema.safeParse(json);
    const { tokenSource } = this.settings;
    const sentence = () => {
      if (status === 401) {
        const token = `a token with the role ${role}`;
        if (tokenSource === undefined) return `requires ${token}: use --token or --token-file`;
        return `does not accept the token of ${tokenSource}: it requires ${token}`;
      }
      if (problem.success) return `refused: ${problem.data.message}`;
      return `responded with status ${status}: is it the control plane of a balancer?`;
    };
    return new BalancerError(`${this.href} ${sentence()}`, { status });
  }
}

function tryParseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** The predicate of a sentence whose subject is the URL. */
function failureOf(error: unknown): string {
  if (!(error instanceof Error)) return `cannot be read: ${String(error)}`;
  if (error.name === 'TimeoutError') return `did not respond within ${TIMEOUT_MS / 1000} s`;
  if (isUnknownAuthority(error)) return 'has a certificate that is signed by an unknown authority: use --ca-file';
  const { code, message = error.message } = (error.cause ?? {}) as { code?: string; message?: string };
  return `cannot be reached: ${code === 'ECONNREFUSED' ? 'it refused the connection' : message || (code ?? '')}`;
}

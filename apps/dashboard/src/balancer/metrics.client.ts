// Reads the balancer's control plane, and reports every failure as one sentence.
import {
  clusterViewSchema,
  fleetMetricsSchema,
  problemSchema,
  requestLogSchema,
  type ClusterView,
} from '@fairlead/contracts';
import { ConfigurationError } from '@fairlead/configuration';
import { fetchTrusting, isUnknownAuthority, type Fetch } from '@fairlead/tls';
import { ClientTokens } from '@fairlead/tokens';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { z } from 'zod';
import { dashboardConfig, type DashboardConfig } from '../config/dashboard.config.js';

/** Limit for a complete response. */
const TIMEOUT_MS = 2000;

/** What to do when the balancer asks for a token, or for another one. */
const TOKEN_HINT = 'set CONTROL_PLANE_TOKEN or CONTROL_PLANE_TOKEN_FILE of the dashboard to a token with the role read';

/** What to do when the balancer's certificate is signed by an unknown authority. */
const AUTHORITY_HINT = 'set BALANCER_CA_FILE of the dashboard to a file with that authority';

/** The balancer sent no usable response. The message is a sentence for people. */
export class BalancerUnavailableError extends Error {
  override readonly name = 'BalancerUnavailableError';
  /** The status of the response; undefined where there is none. */
  readonly status: number | undefined;

  constructor(message: string, options: ErrorOptions & { readonly status?: number } = {}) {
    super(message, options);
    this.status = options.status;
  }
}

/** Reads the metrics, the cluster and the request log of one balancer. */
@Injectable()
export class MetricsClient {
  /** URL of the control plane, without a trailing slash. */
  readonly url: string;
  /** URL of the control plane as people reach it. */
  readonly publicUrl: string;

  private readonly tokens: ClientTokens;
  private readonly fetch: Fetch;

  /** @throws {ConfigurationError} when the file of tokens or of authorities cannot be read, or is not valid. */
  constructor(@Inject(dashboardConfig.KEY) { balancerUrl, publicBalancerUrl, ...access }: DashboardConfig) {
    this.tokens = tokensOf(access);
    this.fetch = fetchOf(access);
    this.publicUrl = publicBalancerUrl.href.replace(/(?<!\/)\/+$/, '');
    this.url = balancerUrl.href.replace(/(?<!\/)\/+$/, '');
  }

  /** Reads the current load of the fleet. */
  metrics(signal: AbortSignal) {
    return this.read('/api/v1/metrics', fleetMetricsSchema, signal);
  }

  /** Reads the balancers that serve the fleet; null from a balancer of a version without that. */
  async cluster(signal: AbortSignal): Promise<ClusterView | null> {
    try {
      return await this.read('/api/v1/cluster', clusterViewSchema, signal);
    } catch (error) {
      if (error instanceof BalancerUnavailableError && error.status === 404) return null;
      throw error;
    }
  }

  /** Reads the latest requests, newest first. */
  requestLog() {
    return this.read('/api/v1/requests', requestLogSchema);
  }

  private async read<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    signal?: AbortSignal,
  ): Promise<z.output<Schema>> {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const body = await this.fetchJson(path, signal ? AbortSignal.any([signal, timeout]) : timeout);
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    const { path: where, message } = parsed.error.issues[0];
    throw new BalancerUnavailableError(
      `${this.url}${path} sent an unexpected response: ${where.join('.') || 'body'}: ${message}`,
    );
  }

  private async fetchJson(path: string, signal: AbortSignal): Promise<unknown> {
    try {
      const response = await this.tokens.send((headers) =>
        this.fetch(`${this.url}${path}`, { signal, headers: { accept: 'application/json', ...headers } }),
      );
      if (response.ok) return await response.json();
      const { status } = response;
      const hint = status === 401 || status === 403 ? TOKEN_HINT : problemIn(await response.text());
      const sentence = `${this.url}${path} responded with status ${status}${hint && `: ${hint}`}`;
      throw new BalancerUnavailableError(sentence, { status });
    } catch (error) {
      if (error instanceof BalancerUnavailableError) throw error;
      throw new BalancerUnavailableError(`${this.url} ${failureOf(error)}`, { cause: error });
    }
  }
}

/** The tokens that the configuration names. @throws {ConfigurationError} when their file cannot be read, or is not valid. */
export function tokensOf({ token, tokenFile }: Pick<DashboardConfig, 'token' | 'tokenFile'>): ClientTokens {
  const logger = new Logger('Balancer');
  const onProblem = (message: string) =>
    logger.error(`CONTROL_PLANE_TOKEN_FILE: ${message}; the tokens that were read before are still used`);
  try {
    return new ClientTokens({ token, tokenFile, onProblem });
  } catch (error) {
    throw new ConfigurationError([
      `CONTROL_PLANE_TOKEN_FILE: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
}

/** Returns the `fetch` for the configured authorities. @throws {ConfigurationError} when the file of authorities cannot be used. */
export function fetchOf({ caFile }: Pick<DashboardConfig, 'caFile'>): Fetch {
  const logger = new Logger('Balancer');
  const onProblem = (message: string) =>
    logger.error(`BALANCER_CA_FILE: ${message}; the authorities that were read before are still used`);
  try {
    return fetchTrusting({ authorityFile: caFile, onProblem });
  } catch (error) {
    throw new ConfigurationError([`BALANCER_CA_FILE: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

/** Returns the message in an error response of the control plane; empty for other bodies. */
function problemIn(body: string): string {
  try {
    return problemSchema.safeParse(JSON.parse(body)).data?.message ?? '';
  } catch {
    return '';
  }
}

const FAILURES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'closed the connection',
  UND_ERR_SOCKET: 'closed the connection',
  ENOTFOUND: 'has an unknown host name',
  EAI_AGAIN: 'has a host name that cannot be resolved now',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  CERT_HAS_EXPIRED: 'has a certificate that has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'has a certificate for another name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'does not speak TLS: use http in BALANCER_URL',
};

/** The predicate of a sentence whose subject is the URL. */
function failureOf(error: unknown): string {
  if (!(error instanceof Error)) return 'cannot be read';
  if (error.name === 'TimeoutError') return `did not respond within ${TIMEOUT_MS / 1000} s`;
  if (isUnknownAuthority(error)) return `has a certificate that is signed by an unknown authority: ${AUTHORITY_HINT}`;
  if (error instanceof SyntaxError) return 'sent a body that is not JSON';
  const code = (error.cause as { code?: string } | undefined)?.code ?? '';
  return FAILURES[code] ?? `cannot be read (${code || error.message})`;
}

// Asks the balancer's control plane, and turns every way in which that can fail into one sentence.
import { fleetMetricsSchema, requestLogSchema } from '@fairlead/contracts';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { dashboardConfig, type DashboardConfig } from '../config/dashboard.config.js';

/** How long the balancer may take to answer in full. */
const TIMEOUT_MS = 2000;

/** The balancer did not answer, or not with what was asked for. The message is a sentence for people. */
export class BalancerAwayError extends Error {
  override readonly name = 'BalancerAwayError';
}

@Injectable()
export class MetricsClient {
  /** The control plane's address, without a slash at its end. */
  readonly url: string;
  /** The same as people reach it. */
  readonly publicUrl: string;

  constructor(@Inject(dashboardConfig.KEY) { balancerUrl, publicBalancerUrl }: DashboardConfig) {
    this.publicUrl = publicBalancerUrl.href.replace(/\/+$/, '');
    this.url = balancerUrl.href.replace(/\/+$/, '');
  }

  /** The fleet's load now. */
  metrics(signal: AbortSignal) {
    return this.read('/api/v1/metrics', fleetMetricsSchema, signal);
  }

  /** The last requests, newest first. */
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
    throw new BalancerAwayError(
      `${this.url}${path} answered something unexpected: ${where.join('.') || 'body'}: ${message}`,
    );
  }

  private async fetchJson(path: string, signal: AbortSignal): Promise<unknown> {
    try {
      const response = await fetch(`${this.url}${path}`, { signal, headers: { accept: 'application/json' } });
      if (response.ok) return await response.json();
      await response.body?.cancel();
      throw new BalancerAwayError(`${this.url}${path} answered with status ${response.status}`);
    } catch (error) {
      if (error instanceof BalancerAwayError) throw error;
      throw new BalancerAwayError(`${this.url} ${failureOf(error)}`, { cause: error });
    }
  }
}

const FAILURES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'closed the connection',
  UND_ERR_SOCKET: 'closed the connection',
  ENOTFOUND: 'has a host name that is not known',
  EAI_AGAIN: 'has a host name that could not be looked up',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
};

/** The rest of a sentence that begins with the address. */
function failureOf(error: unknown): string {
  if (!(error instanceof Error)) return 'cannot be read';
  if (error.name === 'TimeoutError') return `did not answer within ${TIMEOUT_MS / 1000} s`;
  if (error instanceof SyntaxError) return 'answered with something that is no JSON';
  const code = (error.cause as { code?: string } | undefined)?.code ?? '';
  return FAILURES[code] ?? `cannot be read (${code || error.message})`;
}

// Asks a running balancer for the configuration that it has in force.
import { isUnknownAuthority, fetchTrusting } from '@fairlead/tls';
import { ClientTokens } from '@fairlead/tokens';
import type { TrafficConfig } from '@fairlead/traffic-config';
import { z } from 'zod';

/** How to reach the control plane of a balancer. */
export interface BalancerOptions {
  readonly url: string;
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly caFile?: string | undefined;
}

const TIMEOUT_MS = 5_000;

/** As much of the response as is needed: fields of later versions are left alone. */
const responseSchema = z.object({
  traffic: z.looseObject({
    pools: z.array(z.unknown()),
    routes: z.array(z.unknown()),
    errorPages: z.array(z.unknown()),
  }),
});

/** The configuration in force, with secrets masked. @throws {Error} with a sentence that names the balancer. */
export async function runningTraffic({ url, ...options }: BalancerOptions): Promise<TrafficConfig> {
  // Shells and compose files pass an empty value for a variable that has none.
  const [token, tokenFile, caFile] = [options.token, options.tokenFile, options.caFile].map(
    (value) => value || undefined,
  );
  if (token !== undefined && tokenFile !== undefined) throw new Error('--token and --token-file exclude each other');
  const base = URL.parse(url.endsWith('/') ? url : `${url}/`);
  if (base === null || !/^https?:$/.test(base.protocol)) {
    throw new Error(`--url must be an http or https URL such as http://127.0.0.1:9797, got ${JSON.stringify(url)}`);
  }
  const tokens = new ClientTokens({ token, tokenFile });
  const fetch = fetchTrusting({ authorityFile: caFile });
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await tokens.send((headers) =>
      fetch(new URL('api/v1/configuration', base), { headers: { ...headers }, redirect: 'manual', signal }),
    );
    return trafficIn(response.status, await response.text());
  } catch (error) {
    throw new Error(`${base.href} ${failureOf(error)}`, { cause: error });
  }
}

/** The predicate of a sentence whose subject is the URL. */
class ResponseError extends Error {}

function trafficIn(status: number, body: string): TrafficConfig {
  if (status === 401 || status === 403) {
    throw new ResponseError('requires a token with the role read: use --token or --token-file');
  }
  if (status !== 200)
    throw new ResponseError(`responded with status ${status}: is it the control plane of a balancer?`);
  const parsed = responseSchema.safeParse(tryParseJson(body));
  if (!parsed.success)
    throw new ResponseError('responded without a configuration: is it the control plane of a balancer?');
  return parsed.data.traffic as unknown as TrafficConfig;
}

function tryParseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function failureOf(error: unknown): string {
  if (error instanceof ResponseError) return error.message;
  if (!(error instanceof Error)) return `cannot be read: ${String(error)}`;
  if (error.name === 'TimeoutError') return `did not respond within ${TIMEOUT_MS / 1000} s`;
  if (isUnknownAuthority(error)) return 'has a certificate that is signed by an unknown authority: use --ca-file';
  const { code, message = error.message } = (error.cause ?? {}) as { code?: string; message?: string };
  return `cannot be reached: ${code === 'ECONNREFUSED' ? 'it refused the connection' : message || (code ?? '')}`;
}

// The options of RegistrationModule, and the module builder that takes them.
import { registrationSchema, type Registration, type ResourceAmounts } from '@fairlead/contracts';
import { fetchTrusting, type Fetch } from '@fairlead/tls';
import { ClientTokens } from '@fairlead/tokens';
import { ConfigurableModuleBuilder } from '@nestjs/common';

/** The options of `RegistrationModule.forRoot`. Fields of the registration API have the same meaning here. */
export interface RegistrationOptions {
  /** URL of the balancer's control plane, such as `http://127.0.0.1:9797` or `https://balancer.example:9797`. */
  readonly balancerUrl: string | URL;
  /**
   * A PEM file with the authorities that may sign the balancer's certificate. It is read again when it changes. Default: the
   * authorities built into Node. Needs an `https:` URL.
   */
  readonly caFile?: string | undefined;
  /** Id in the fleet. Default: the URL. */
  readonly id?: string | undefined;
  /** URL at which the balancer reaches this backend. Default: `port` at the address the registration comes from. */
  readonly url?: string | undefined;
  /** Port at which the balancer reaches this backend; excludes `url`. Default: the port the Nest app listens on. */
  readonly port?: number | undefined;
  /** The pool whose requests this backend serves. Default: `default`. */
  readonly pool?: string | undefined;
  /** Capacity by resource name, units per second. */
  readonly resources: ResourceAmounts;
  /** Path that the balancer pings with GET. Without it, a ping only opens a connection. */
  readonly pingPath?: string | undefined;
  /** How long the lease lasts after a renewal, seconds. Without it there is no lease: health depends on pings alone. */
  readonly leaseSeconds?: number | undefined;
  /** Interval between renewals, seconds; less than `leaseSeconds`. Default: the interval the balancer asks for. */
  readonly renewEverySeconds?: number | undefined;
  /** Labels of any meaning, such as `{ zone: 'a' }`. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /**
   * Sent as `Authorization: Bearer …`; excludes `tokenFile`. Needed if the balancer has tokens: one with the role
   * `register` or `operate`.
   */
  readonly token?: string | undefined;
  /** A file with the token, or several of them, one a line. It is read again when it has changed. */
  readonly tokenFile?: string | undefined;
  /** How long a shutdown waits for the balancer to drain this backend, milliseconds. Default: 10 000. */
  readonly leaveTimeoutMs?: number | undefined;
}

/**
 * Returns the body of the registration. Without `url` and `port` it is incomplete: the port is known once the app
 * listens.
 *
 * @throws {TypeError} naming the field, what is allowed and what was given, when the balancer would refuse the
 * registration or the lease would expire before its renewal.
 */
export function registrationOf(options: RegistrationOptions): Registration {
  const { id, url, port, pool, resources, pingPath, leaseSeconds, labels } = options;
  requireTimelyRenewal(options);
  const body = { id, url, port, pool, resources, pingPath, leaseSeconds, labels };
  const parsed = registrationSchema.safeParse(body, { reportInput: true });
  if (parsed.success) return parsed.data;
  const { path, message, input } = parsed.error.issues[0];
  const problem = [path.join('.'), message].filter(Boolean).join(' ');
  throw new TypeError(`RegistrationModule: ${problem}${given(input)}`);
}

function given(input: unknown): string {
  if (typeof input === 'string') return `, got ${JSON.stringify(input)}`;
  return typeof input === 'number' ? `, got ${input}` : '';
}

function requireTimelyRenewal({ renewEverySeconds, leaseSeconds }: RegistrationOptions): void {
  if (renewEverySeconds === undefined) return;
  if (leaseSeconds !== undefined && renewEverySeconds > 0 && renewEverySeconds < leaseSeconds) return;
  const lease = leaseSeconds ?? 'not set';
  const allowed = `must be above 0 and less than leaseSeconds (${lease})`;
  throw new TypeError(`RegistrationModule: renewEverySeconds ${allowed}, got ${renewEverySeconds}`);
}

/**
 * Returns the tokens that the options name. `onProblem` receives a message when the file of tokens has changed and is not
 * valid.
 *
 * @throws {TypeError} when both options are set, or the file cannot be read or is not valid.
 */
export function tokensOf(
  { token, tokenFile }: RegistrationOptions,
  onProblem: (message: string) => void,
): ClientTokens {
  if (token !== undefined && tokenFile !== undefined) {
    throw new TypeError('RegistrationModule: give either token or tokenFile, not both');
  }
  try {
    return new ClientTokens({ token, tokenFile, onProblem });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TypeError(`RegistrationModule: tokenFile: ${reason}`, { cause: error });
  }
}

/**
 * Returns the `fetch` for the authorities in `caFile`. `onProblem` receives a message when a changed file cannot be used.
 *
 * @throws {TypeError} when the file cannot be used, or the balancer's URL is not https.
 */
export function fetchOf({ balancerUrl, caFile }: RegistrationOptions, onProblem: (message: string) => void): Fetch {
  const { protocol, origin } = new URL(balancerUrl);
  if (caFile !== undefined && protocol !== 'https:') {
    throw new TypeError(`RegistrationModule: caFile needs an https balancerUrl, got ${JSON.stringify(origin)}`);
  }
  try {
    return fetchTrusting({ authorityFile: caFile, onProblem });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TypeError(`RegistrationModule: caFile: ${reason}`, { cause: error });
  }
}

/** The base class of RegistrationModule, with `forRoot`, and the token by which its options are injected. */
export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<RegistrationOptions>({
  moduleName: 'Registration',
})
  .setClassMethodName('forRoot')
  .build();

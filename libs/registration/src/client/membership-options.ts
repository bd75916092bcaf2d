// The options of a membership, and what is made of them. Errors begin with the name of the caller, whose options they are.
import { registrationSchema, type Registration, type ResourceAmounts } from '@fairlead/contracts';
import { fetchTrusting, type Fetch } from '@fairlead/tls';
import { ClientTokens } from '@fairlead/tokens';

/** The options of a backend's registration. Fields of the registration API have the same meaning here. */
export interface RegistrationOptions {
  /**
   * URL of the balancer's control plane, such as `http://127.0.0.1:9797` or `https://balancer.example:9797`. Either this
   * or `balancerUrls` is required.
   */
  readonly balancerUrl?: string | URL | undefined;
  /**
   * Several URLs: of one balancer that has several addresses, or of balancers of which one replaces another. The backend
   * is registered with one of them at a time. When that one sends no usable response, the next is asked.
   */
  readonly balancerUrls?: readonly (string | URL)[] | undefined;
  /**
   * A PEM file with the authorities that may sign the balancer's certificate. It is read again when it changes. Default: the
   * authorities built into Node. Needs `https:` URLs.
   */
  readonly caFile?: string | undefined;
  /** Id in the fleet. Default: the URL. */
  readonly id?: string | undefined;
  /** URL at which the balancer reaches this backend. Default: `port` at the address the registration comes from. */
  readonly url?: string | undefined;
  /** Port at which the balancer reaches this backend; excludes `url`. Default: the port the app listens on. */
  readonly port?: number | undefined;
  /** The pool whose requests this backend serves. Default: `default`. */
  readonly pool?: string | undefined;
  /**
   * Capacity by resource name, units per second. Default: nothing is declared, and the balancer assumes what is usual in the
   * pool.
   */
  readonly resources?: ResourceAmounts | undefined;
  /** Path that the balancer pings with GET. Without it, a ping only opens a connection. */
  readonly pingPath?: string | undefined;
  /** How long the lease lasts after a renewal, seconds. Without it there is no lease: health depends on pings alone. */
  readonly leaseSeconds?: number | undefined;
  /** Interval between renewals, seconds; less than `leaseSeconds`. Default: the interval the balancer asks for. */
  readonly renewEverySeconds?: number | undefined;
  /** Most concurrent exchanges that this backend wants. Default: the balancer derives a limit from `resources`. */
  readonly maxInFlight?: number | undefined;
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
 * Returns the URLs of the balancers, at least one.
 *
 * @throws {TypeError} when none is set, both options are, or one is not a URL of http or https.
 */
export function balancerUrlsOf({ balancerUrl, balancerUrls }: RegistrationOptions, name: string): readonly URL[] {
  if (balancerUrl !== undefined && balancerUrls !== undefined) {
    throw new TypeError(`${name}: give either balancerUrl or balancerUrls, not both`);
  }
  if (balancerUrls !== undefined) {
    if (balancerUrls.length === 0) throw new TypeError(`${name}: balancerUrls must have at least one URL, got none`);
    return balancerUrls.map((url, i) => balancerUrlOf(url, `${name}: balancerUrls[${i}]`));
  }
  return [balancerUrlOf(balancerUrl, `${name}: balancerUrl`)];
}

function balancerUrlOf(url: unknown, field: string): URL {
  // `URL.parse` needs Node 22.
  const parsed = URL.canParse(String(url)) ? new URL(String(url)) : undefined;
  if (parsed !== undefined && /^https?:$/.test(parsed.protocol)) return parsed;
  const got = url === undefined ? 'nothing' : JSON.stringify(url);
  throw new TypeError(`${field} must be an http or https URL such as http://127.0.0.1:9797, got ${got}`);
}

/**
 * Returns the body of the registration. Without `url` and `port` it is incomplete: the port is known once the app
 * listens.
 *
 * @throws {TypeError} naming the field, what is allowed and what was given, when the balancer would refuse the
 * registration or the lease would expire before its renewal.
 */
export function registrationOf(options: RegistrationOptions, name: string): Registration {
  const { id, url, port, pool, resources, pingPath, leaseSeconds, maxInFlight, labels } = options;
  requireTimelyRenewal(options, name);
  const body = { id, url, port, pool, resources, pingPath, leaseSeconds, maxInFlight, labels };
  const parsed = registrationSchema.safeParse(body, { reportInput: true });
  if (parsed.success) return parsed.data;
  const { path, message, input } = parsed.error.issues[0];
  const problem = [path.join('.'), message].filter(Boolean).join(' ');
  throw new TypeError(`${name}: ${problem}${given(input)}`);
}

function given(input: unknown): string {
  if (typeof input === 'string') return `, got ${JSON.stringify(input)}`;
  if (Array.isArray(input)) return ', got a list';
  return typeof input === 'number' || input === null ? `, got ${input}` : '';
}

function requireTimelyRenewal({ renewEverySeconds, leaseSeconds }: RegistrationOptions, name: string): void {
  if (renewEverySeconds === undefined) return;
  if (leaseSeconds !== undefined && renewEverySeconds > 0 && renewEverySeconds < leaseSeconds) return;
  const lease = leaseSeconds ?? 'not set';
  const allowed = `must be above 0 and less than leaseSeconds (${lease})`;
  throw new TypeError(`${name}: renewEverySeconds ${allowed}, got ${renewEverySeconds}`);
}

/**
 * Returns the tokens that the options name. `onProblem` receives a message when the file of tokens has changed and is not
 * valid.
 *
 * @throws {TypeError} when both options are set, or the file cannot be read or is not valid.
 */
export function tokensOf(
  { token, tokenFile }: RegistrationOptions,
  name: string,
  onProblem: (message: string) => void,
): ClientTokens {
  if (token !== undefined && tokenFile !== undefined) {
    throw new TypeError(`${name}: give either token or tokenFile, not both`);
  }
  try {
    return new ClientTokens({ token, tokenFile, onProblem });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TypeError(`${name}: tokenFile: ${reason}`, { cause: error });
  }
}

/**
 * Returns the `fetch` for the authorities in `caFile`. `onProblem` receives a message when a changed file cannot be used.
 *
 * @throws {TypeError} when the file cannot be used, or the URL of a balancer is not https.
 */
export function fetchOf(options: RegistrationOptions, name: string, onProblem: (message: string) => void): Fetch {
  const { caFile } = options;
  const plain = balancerUrlsOf(options, name).find(({ protocol }) => protocol !== 'https:');
  if (caFile !== undefined && plain !== undefined) {
    throw new TypeError(`${name}: caFile needs an https balancerUrl, got ${JSON.stringify(plain.origin)}`);
  }
  try {
    return fetchTrusting({ authorityFile: caFile, onProblem });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TypeError(`${name}: caFile: ${reason}`, { cause: error });
  }
}

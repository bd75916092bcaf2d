// What a backend tells RegistrationModule about itself, and the module builder that takes it.
import { registrationSchema, type Registration, type ResourceAmounts } from '@fairlead/contracts';
import { ConfigurableModuleBuilder } from '@nestjs/common';

/** The options of `RegistrationModule.forRoot`; the fields a registration has too mean the same as there. */
export interface RegistrationOptions {
  /** The balancer's control plane, such as `http://127.0.0.1:9797`. */
  readonly balancerUrl: string | URL;
  /** Identity in the fleet; the balancer takes the url for it when absent. */
  readonly id?: string | undefined;
  /** Where the balancer reaches this backend. Absent: `port` at the address the registration comes from. */
  readonly url?: string | undefined;
  /** Absent as `url` is too: the port the Nest app listens on. Not to be given together with `url`. */
  readonly port?: number | undefined;
  /** Capacity by resource name, units per second. */
  readonly resources: ResourceAmounts;
  /** Path the balancer pings with GET; absent, it only connects. */
  readonly pingPath?: string | undefined;
  /** How long a renewal lasts, seconds; absent, there is no lease and the backend lives by pings alone. */
  readonly leaseSeconds?: number | undefined;
  /** How often the lease is renewed, seconds; less than `leaseSeconds`. Absent: as often as the balancer says. */
  readonly renewEverySeconds?: number | undefined;
  /** Free labels, such as `{ zone: 'a' }`. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Sent as `Authorization: Bearer …` when the balancer asks for one. */
  readonly token?: string | undefined;
  /** How long a shutdown waits for the balancer to finish the requests it has sent here, milliseconds; 10 000 if absent. */
  readonly leaveTimeoutMs?: number | undefined;
}

/**
 * The body of the registration these options stand for, without a port that only listening can tell.
 *
 * @throws {TypeError} when the balancer would refuse it or the lease would lapse before its renewal, naming the field
 * and what is allowed.
 */
export function registrationOf(options: RegistrationOptions): Registration {
  const { id, url, port, resources, pingPath, leaseSeconds, labels } = options;
  refuseSlowRenewal(options);
  const parsed = registrationSchema.safeParse({ id, url, port, resources, pingPath, leaseSeconds, labels });
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  throw new TypeError(`RegistrationModule: ${[path.join('.'), message].filter(Boolean).join(' ')}`);
}

function refuseSlowRenewal({ renewEverySeconds, leaseSeconds }: RegistrationOptions): void {
  if (renewEverySeconds === undefined) return;
  if (leaseSeconds !== undefined && renewEverySeconds > 0 && renewEverySeconds < leaseSeconds) return;
  const lease = leaseSeconds ?? 'not set';
  const allowed = `must be above 0 and less than leaseSeconds (${lease})`;
  throw new TypeError(`RegistrationModule: renewEverySeconds ${allowed}, got ${renewEverySeconds}`);
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<RegistrationOptions>({
  moduleName: 'Registration',
})
  .setClassMethodName('forRoot')
  .build();

// The membership of the process that joins: what it says on stderr, and whether the balancer refuses it from the start.
import { FleetMembership, type RegistrationOptions } from '@fairlead/registration/client';
import { report } from '../output/messages.js';

/** The flags by the options that they set. */
const FLAGS: Readonly<Record<string, string>> = {
  balancerUrls: '--balancer',
  balancerUrl: '--url',
  caFile: '--ca-file',
  id: '--id',
  labels: '--label',
  leaseSeconds: '--lease',
  maxInFlight: '--max-in-flight',
  pingPath: '--path',
  pool: '--pool',
  resources: '--resource',
  tokenFile: '--token-file',
  url: '--backend-url',
};

const ADVICE = {
  token: 'use --token-file with a token of the role register',
  authority: 'use --ca-file with a file with that authority',
};

/** Registers the process until it leaves. */
export class Membership {
  /** Resolves with the balancer's message when it refuses the first registration; otherwise never. */
  readonly refused: Promise<string>;
  private readonly membership: FleetMembership;
  private hasJoined = false;

  /** @throws {Error} with a sentence that names the flag, when the balancer would refuse the options. */
  constructor(options: RegistrationOptions) {
    this.membership = membershipOf(options, {
      log: report,
      warn: report,
      // What the first registration is refused with is said where the command ends by it.
      error: (message: string) => this.hasJoined && report(message),
    });
    this.refused = new Promise((resolve) => {
      this.membership.on('change', ({ status, reason }) => {
        this.hasJoined ||= status === 'registered';
        if (status === 'refused' && !this.hasJoined) resolve(reason);
      });
    });
  }

  /** Registers it, and keeps it registered. */
  start(): void {
    this.membership.start();
  }

  /** Deregisters it; resolves when no request is in flight there any more, or the time for that has passed. */
  leave(): Promise<void> {
    return this.membership.leave();
  }
}

function membershipOf(options: RegistrationOptions, logger: { log: Log; warn: Log; error: Log }): FleetMembership {
  try {
    return new FleetMembership(options, { logger, name: 'join', advice: ADVICE });
  } catch (error) {
    throw new Error(inFlags((error as Error).message), { cause: error });
  }
}

type Log = (message: string) => void;

/** `join: pingPath must …` as `--path must …`, and `join: resources.compute must …` as `--resource compute must …`. */
function inFlags(message: string): string {
  return message.replace(/^join: (\w+)(?:\[\d+\])?([.:]?)/, (whole, field: string, separator: string) => {
    const flag = FLAGS[field];
    if (flag === undefined) return whole;
    return separator === '.' ? `${flag} ` : `${flag}${separator}`;
  });
}

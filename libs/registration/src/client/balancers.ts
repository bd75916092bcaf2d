// The balancers of one backend, of which one is used at a time. When it sends no usable response, the next is asked.
import type { Registration } from '@fairlead/contracts';
import type { Failed, GrantedRegistration, Outcome, Refused, RegistrationClient } from './registration-client.js';

/** A request that one balancer did not carry out. */
interface Failure {
  readonly client: RegistrationClient;
  readonly outcome: Failed | Refused;
}

/** Sends each request to the balancer that carried out the last one, and to the others in turn while it fails. */
export class Balancers {
  private index = 0;

  /**
   * @param clients at least one.
   * @param isStopping whether no further balancer is to be asked.
   * @param onFailover receives a message when another balancer than before has carried out a request.
   */
  constructor(
    private readonly clients: readonly RegistrationClient[],
    private readonly isStopping: () => boolean,
    private readonly onFailover: (message: string) => void,
  ) {}

  /** The balancer in use. */
  get current(): RegistrationClient {
    return this.clients[this.index];
  }

  /** All of them, as messages call them. */
  get names(): string {
    if (this.clients.length === 1) return this.current.name;
    return `the balancers at ${this.clients.map(({ origin }) => origin).join(', ')}`;
  }

  /** How many there are. */
  get count(): number {
    return this.clients.length;
  }

  /** Registers with the first balancer that accepts it. */
  register(registration: Registration): Promise<GrantedRegistration | Refused | Failed> {
    return this.untilDone(
      (client) => client.register(registration),
      ({ kind }) => kind === 'registered',
    );
  }

  /**
   * Renews with the first balancer that responds: one that refuses does not know the backend, and can be told. Where that one
   * cannot tell the others, they are told, too: they would let the lease lapse.
   */
  async renew(id: string, timeoutMs: number): Promise<Outcome> {
    const renewWith = (client: RegistrationClient) => client.renew(client.claim?.id ?? id, timeoutMs);
    const outcome = await this.untilDone(renewWith, ({ kind }) => kind !== 'failed');
    if (outcome.kind === 'accepted' && outcome.isRegistryAway) await this.tellOthers(renewWith);
    return outcome;
  }

  /** Calls `leave` for every balancer at once, because each may still know the backend. */
  async leave(leave: (client: RegistrationClient) => Promise<void>): Promise<void> {
    const { claim } = this.current;
    for (const client of this.clients) client.claim ??= claim;
    await Promise.all(this.clients.map(leave));
  }

  /** What they say does not matter: the balancer in use has the backend. */
  private async tellOthers(call: (client: RegistrationClient) => Promise<unknown>): Promise<void> {
    const { current } = this;
    const others = this.clients.filter((client) => client !== current);
    for (const client of others) client.claim ??= current.claim;
    await Promise.all(others.map(call));
  }

  private async untilDone<Result extends Outcome | GrantedRegistration>(
    call: (client: RegistrationClient) => Promise<Result | Failed | Refused>,
    isDone: (outcome: Result | Failed | Refused) => boolean,
  ): Promise<Result | Failed | Refused> {
    const failures: Failure[] = [];
    for (const _ of this.clients) {
      const client = this.current;
      const outcome = await call(client);
      if (isDone(outcome)) {
        if (failures.length > 0) this.onFailover(`${failures.map(sentenceOf).join('; ')}; using ${client.name}`);
        return outcome;
      }
      failures.push({ client, outcome: outcome as Failed | Refused });
      if (this.isStopping()) break;
      this.moveOn();
    }
    return inOne(failures);
  }

  private moveOn(): void {
    const { claim } = this.current;
    this.index = (this.index + 1) % this.clients.length;
    this.current.claim ??= claim;
  }
}

function sentenceOf({ client, outcome }: Failure): string {
  return outcome.kind === 'refused'
    ? `${client.name} refused the registration: ${outcome.message}`
    : `no usable response from ${client.name}: ${outcome.reason}`;
}

/** Worth a retry if one of them is. Then it counts how long the busiest balancer wants to be left alone. */
function inOne(failures: readonly Failure[]): Failed | Refused {
  if (failures.length === 1) return failures[0].outcome;
  const reason = failures.map(({ client, outcome }) => `${client.origin}: ${reasonOf(outcome)}`).join('; ');
  const outcomes = failures.map(({ outcome }) => outcome);
  const failed = outcomes.filter(({ kind }) => kind === 'failed') as readonly Failed[];
  if (failed.length === 0) return { ...(outcomes[0] as Refused), message: reason };
  return { kind: 'failed', reason, retryAfterMs: Math.max(...failed.map(({ retryAfterMs = 0 }) => retryAfterMs)) };
}

function reasonOf(outcome: Failed | Refused): string {
  return outcome.kind === 'refused' ? outcome.message : outcome.reason;
}

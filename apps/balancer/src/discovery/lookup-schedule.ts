// Looks up one name again and again, and says when that begins to fail and when it works again.
import { isDeepStrictEqual } from 'node:util';
import type { DiscoveryConfig } from '@fairlead/traffic-config';
import type { FoundAddress } from './backend-specs.js';
import { causeOf, lookUp, type LookupResolver } from './dns-lookup.js';

/** Part of the interval by which a lookup comes earlier or later, so that several balancers do not ask at once. */
const JITTER = 0.1;

/** Callbacks for the results of lookups. */
export interface LookupEffects {
  /** Called after each lookup that succeeded. */
  readonly onFound: (found: readonly FoundAddress[]) => void;
  /** Called when lookups begin to fail. */
  readonly onFailure: (cause: string) => void;
  /** Called when one succeeds again. */
  readonly onRecovery: () => void;
}

export class LookupSchedule {
  private timer: NodeJS.Timeout | undefined;
  private isFailing = false;
  private isStopped = false;

  constructor(
    private readonly discovery: DiscoveryConfig,
    private readonly resolver: LookupResolver,
    private readonly effects: LookupEffects,
  ) {}

  /** Whether it does what `discovery` says. */
  isFor(discovery: DiscoveryConfig | undefined): boolean {
    return isDeepStrictEqual(discovery, this.discovery);
  }

  /** Looks up at once, and from then on at intervals. Resolves after the first lookup; never rejects. */
  async start(): Promise<void> {
    await this.lookUp();
    if (this.isStopped) return;
    const seconds = this.discovery.refreshSeconds * (1 + JITTER * (2 * Math.random() - 1));
    // Started when the lookup before it is over: two never overlap.
    this.timer = setTimeout(() => void this.start(), seconds * 1000);
  }

  /** No effect follows after this. */
  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private async lookUp(): Promise<void> {
    const result = await lookUp(this.resolver, this.discovery).then(
      (found) => ({ found }),
      (error: unknown) => ({ cause: causeOf(error) }),
    );
    if (this.isStopped) return;
    const wasFailing = this.isFailing;
    this.isFailing = 'cause' in result;
    if ('cause' in result) {
      if (!wasFailing) this.effects.onFailure(result.cause);
      return;
    }
    if (wasFailing) this.effects.onRecovery();
    this.effects.onFound(result.found);
  }
}

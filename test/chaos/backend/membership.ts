// A backend's membership of Fairlead's fleet: it registers, renews its lease, registers again when the balancer has
// forgotten it, and leaves.
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../clock.ts';
import type { Leave } from '../scenario.ts';
import { HEALTH_PATH, type BackendSettings } from './settings.ts';

const RETRY_MS = 50;
const GONE_POLL_MS = 20;
/** Without a lease there is nothing to renew, but the backend still polls whether the balancer knows it. */
const ASK_MS = 1_000;

export interface Membership {
  /** Registers as soon as there is a balancer, and stays registered until it leaves. */
  readonly join: () => void;
  /** Resolves when no balancer knows the backend any more. @throws {Error} when it does not let the backend go. */
  readonly leave: () => Promise<Leave>;
}

/** With one balancer, which is asked again at once: how soon a backend is back says nothing of its client. */
export class BackendMembership implements Membership {
  private isLeaving = false;
  private readonly settings: BackendSettings;
  private readonly collection: string;
  private readonly own: string;

  constructor(settings: BackendSettings) {
    this.settings = settings;
    this.collection = `${settings.controls[0]}/api/v1/backends`;
    this.own = `${this.collection}/${encodeURIComponent(settings.id)}`;
  }

  join(): void {
    void this.keep();
  }

  async leave(): Promise<Leave> {
    this.isLeaving = true;
    const response = await fetch(this.own, { method: 'DELETE' });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`the balancer refused the drain: ${response.status}`);
    const acknowledgedMs = monotonicMs();
    while (!(await this.isGone())) await sleep(GONE_POLL_MS);
    return { acknowledgedMs, goneMs: monotonicMs() };
  }

  private async keep(): Promise<void> {
    let renewMs: number | undefined;
    while (!this.isLeaving) {
      try {
        renewMs = renewMs === undefined || !(await this.renew()) ? await this.register() : renewMs;
        await sleep(renewMs);
      } catch {
        await sleep(RETRY_MS);
      }
    }
  }

  /** Returns when to renew, in milliseconds. @throws {Error} when the balancer refuses or is not running. */
  private async register(): Promise<number> {
    const { id, port, resources, leaseSeconds } = this.settings;
    const lease = leaseSeconds > 0 ? { leaseSeconds } : {};
    const response = await fetch(this.collection, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id, port, resources, pingPath: HEALTH_PATH, ...lease }),
    });
    if (!response.ok) throw new Error(`the balancer refused ${id}: ${response.status} ${await response.text()}`);
    const view = (await response.json()) as { lease: { renewEverySeconds: number } | null };
    return view.lease === null ? ASK_MS : view.lease.renewEverySeconds * 1_000;
  }

  /** Whether the balancer still knows it. @throws {TypeError} when no balancer is running. */
  private async renew(): Promise<boolean> {
    const isLeased = this.settings.leaseSeconds > 0;
    const response = await (isLeased ? fetch(`${this.own}/lease`, { method: 'PUT' }) : fetch(this.own));
    await response.body?.cancel();
    return response.status !== 404;
  }

  private async isGone(): Promise<boolean> {
    const response = await fetch(this.own);
    await response.body?.cancel();
    return response.status === 404;
  }
}

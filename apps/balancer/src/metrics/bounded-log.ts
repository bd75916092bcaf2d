// Log lines that clients and backends can cause: their number per second is limited, and the others are summarized.
// Otherwise a flood of failed requests would fill the disk, and writing its lines would take the time of the thread.
import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { monotonicSeconds } from '../clock/monotonic.js';
import { balancerConfig } from '../config/balancer.config.js';

/** How often lines that were left out are summarized. Milliseconds. */
const SUMMARY_MS = 10_000;
/** Statuses that are counted one by one; others are counted together. */
const MAX_KINDS = 20;
const OTHERS = 'others';

@Injectable()
export class BoundedLog implements OnModuleDestroy {
  private readonly requestLogger = new Logger('Request');
  private readonly logger = new Logger('DataPlane');
  private readonly linesPerSecond: number;
  private tokens: number;
  private filledAt = monotonicSeconds();
  /** Lines that were left out since {@link suppressingSince}, by status. */
  private readonly suppressed = new Map<string, number>();
  private suppressingSince = 0;
  private summary: NodeJS.Timeout | undefined;

  constructor(@Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>) {
    const { failedRequestLogsPerSecond: perSecond } = config.TRAFFIC_LIMITS;
    // Each thread has a log of its own, and its part of the lines.
    const threads = Math.max(1, config.DATA_PLANE_THREADS);
    this.linesPerSecond = perSecond === 0 ? Infinity : Math.max(1, perSecond / threads);
    this.tokens = this.linesPerSecond;
  }

  /** A request failed with this status. `record` is called only for a line that is written. */
  failedRequest(status: number, record: () => object): void {
    if (this.tryTake(String(status))) this.requestLogger.warn(record(), 'request');
  }

  /** What a peer sent met a defect of the balancer, which ended a connection or a request, not the process. */
  defect(error: unknown): void {
    if (this.tryTake('defects')) this.logger.error(error instanceof Error ? (error.stack ?? error.message) : error);
  }

  onModuleDestroy(): void {
    this.summarize();
  }

  private tryTake(kind: string): boolean {
    if (this.linesPerSecond === Infinity) return true;
    const now = monotonicSeconds();
    const filled = this.tokens + (now - this.filledAt) * this.linesPerSecond;
    this.tokens = Math.min(this.linesPerSecond, filled);
    this.filledAt = now;
    if (this.tokens >= 1) {
      this.tokens--;
      return true;
    }
    this.suppress(kind, now);
    return false;
  }

  private suppress(kind: string, now: number): void {
    const { suppressed } = this;
    const counted = suppressed.has(kind) || suppressed.size < MAX_KINDS ? kind : OTHERS;
    suppressed.set(counted, (suppressed.get(counted) ?? 0) + 1);
    if (this.summary) return;
    this.suppressingSince = now;
    this.summary = setTimeout(() => this.summarize(), SUMMARY_MS).unref();
  }

  private summarize(): void {
    clearTimeout(this.summary);
    this.summary = undefined;
    const { suppressed } = this;
    if (suppressed.size === 0) return;
    const byStatus = [...suppressed].toSorted(([a], [b]) => (a < b ? -1 : 1));
    suppressed.clear();
    const total = byStatus.reduce((sum, [, count]) => sum + count, 0);
    const seconds = Math.max(1, Math.round(monotonicSeconds() - this.suppressingSince));
    const counts = byStatus.map(([kind, count]) => `${kind}: ${grouped(count)}`).join(', ');
    this.logger.warn(
      `suppressed ${grouped(total)} ${total === 1 ? 'line' : 'lines'} about failed requests in the last ${seconds} s (${counts})`,
    );
  }
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

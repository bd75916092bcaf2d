// Counts refused requests together, so that a flood of them neither pushes other events out nor fills the disk.
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { callerNetworkOf } from '../net/address.js';
import { EventLog, type Refusal } from '../registry/event-log.js';

/** Refusals of the same kind to the same address are counted together for this long. */
const WINDOW_MS = 60_000;
/** Combinations of address, action and status that are counted separately in that time; all others are counted as one. */
const MAX_KINDS = 20;

@Injectable()
export class Refusals implements OnModuleDestroy {
  /** The last refusal of each kind in this window, and how many followed the first. */
  private readonly counted = new Map<string, { last: Refusal; repeats: number }>();
  /** Refusals beyond {@link MAX_KINDS}. */
  private others = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly events: EventLog) {}

  /** Records a refusal: the first of its kind at once, and its repeats together at the end of the window. */
  record(refusal: Omit<Refusal, 'times'>): void {
    const { caller, action, status } = refusal;
    const key = `${callerNetworkOf(caller)} ${action} ${status}`;
    const known = this.counted.get(key);
    if (known) {
      known.last = { ...refusal, times: 1 };
      known.repeats++;
    } else if (this.counted.size >= MAX_KINDS) this.others++;
    else {
      const first = { ...refusal, times: 1 };
      this.counted.set(key, { last: first, repeats: 0 });
      this.events.recordRefusal(first);
    }
    this.timer ??= setTimeout(() => this.endWindow(), WINDOW_MS).unref();
  }

  onModuleDestroy(): void {
    this.endWindow();
  }

  private endWindow(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const { last, repeats } of this.counted.values()) {
      if (repeats > 0) this.events.recordRefusal({ ...last, times: repeats });
    }
    if (this.others > 0) {
      const reason = `${this.others} more requests, of other addresses, actions or statuses`;
      const rest = { caller: 'several addresses', action: 'several', backend: null, status: 0 };
      this.events.recordRefusal({ ...rest, reason, times: this.others });
    }
    this.counted.clear();
    this.others = 0;
  }
}

// What happened to the fleet, kept in memory: the newest events, each logged once when it happens.
import type { BackendState, FleetEvent, FleetEventKind } from '@fairlead/contracts';
import { Injectable, Logger } from '@nestjs/common';

const KEPT_EVENTS = 100;

/** The figures behind an event, by name. */
export type Evidence = Readonly<Record<string, number>>;

/** States that nobody wants to see a backend in. */
const BAD_STATES = new Set<BackendState>(['suspect', 'ejected', 'down']);
/** What an operator should look at. */
const LOUD_KINDS = new Set<FleetEventKind>(['panic', 'self-preservation', 'spared', 'cut']);

@Injectable()
export class FleetEvents {
  private readonly logger = new Logger('Fleet');
  private readonly events: FleetEvent[] = [];
  private sequence = 0;
  private readonly flips = new Map<BackendState, number>();
  private readonly kinds = new Map<FleetEventKind, number>();

  /** A backend went from one state to another. */
  flipped(backend: string, from: BackendState | null, to: BackendState, reason: string, evidence: Evidence = {}): void {
    this.flips.set(to, (this.flips.get(to) ?? 0) + 1);
    this.keep({ kind: 'state', backend, from, to, reason, evidence: { ...evidence } });
    const message = `${backend}: ${from ?? 'new'} → ${to} (${reason})`;
    if (BAD_STATES.has(to)) this.logger.warn(message);
    else this.logger.log(message);
  }

  /** Something else befell a backend. */
  befell(kind: FleetEventKind, backend: string, state: BackendState, reason: string, evidence: Evidence = {}): void {
    this.keep({ kind, backend, from: state, to: state, reason, evidence: { ...evidence } });
    this.tell(kind, `${backend}: ${kind} (${reason})`);
  }

  /** Something that concerns the fleet as a whole. */
  befellFleet(kind: FleetEventKind, reason: string, evidence: Evidence = {}): void {
    this.keep({ kind, backend: null, from: null, to: null, reason, evidence: { ...evidence } });
    this.tell(kind, `${kind}: ${reason}`);
  }

  /** The newest events, oldest first. */
  newest(): readonly FleetEvent[] {
    return [...this.events];
  }

  /** How often backends came into each state since the start. */
  flipCounts(): ReadonlyMap<BackendState, number> {
    return this.flips;
  }

  /** How many events of each kind there were since the start. */
  kindCounts(): ReadonlyMap<FleetEventKind, number> {
    return this.kinds;
  }

  private keep(event: Omit<FleetEvent, 'sequence' | 'at'>): void {
    this.kinds.set(event.kind, (this.kinds.get(event.kind) ?? 0) + 1);
    this.sequence++;
    this.events.push({ sequence: this.sequence, at: new Date().toISOString(), ...event });
    if (this.events.length > KEPT_EVENTS) this.events.shift();
  }

  private tell(kind: FleetEventKind, message: string): void {
    if (LOUD_KINDS.has(kind)) this.logger.warn(message);
    else this.logger.log(message);
  }
}

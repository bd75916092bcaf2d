// The newest events of the fleet, kept in memory. Each is also logged once.
import type { BackendState, FleetEvent, FleetEventKind } from '@fairlead/contracts';
import { Injectable, Logger } from '@nestjs/common';
import { stateOf, type Backend } from './backend.js';

const MAX_EVENTS = 100;

/** The figures behind an event, by name. */
export type Evidence = Readonly<Record<string, number>>;

/** A backend's step from one state to another. */
export interface Transition {
  /** Its id. */
  readonly backend: string;
  /** null when it has just registered. */
  readonly from: BackendState | null;
  readonly to: BackendState;
  /** What happened, for people. */
  readonly reason: string;
  readonly evidence?: Evidence | undefined;
}

/** States whose transitions are logged as warnings. */
const BAD_STATES = new Set<BackendState>(['suspect', 'ejected', 'down']);
/** Kinds that an operator should look at: logged as warnings. */
const WARNED_KINDS = new Set<FleetEventKind>(['panic', 'self-preservation', 'ejection-skipped', 'drain-timeout']);

@Injectable()
export class EventLog {
  private readonly logger = new Logger('Fleet');
  private readonly events: FleetEvent[] = [];
  private sequence = 0;
  private readonly transitions = new Map<BackendState, number>();
  private readonly kinds = new Map<FleetEventKind, number>();

  /** Records that a backend went from one state to another. */
  recordTransition({ backend, from, to, reason, evidence = {} }: Transition): void {
    this.transitions.set(to, (this.transitions.get(to) ?? 0) + 1);
    this.append({ kind: 'state', backend, from, to, reason, evidence: { ...evidence } });
    const message = `${backend}: ${from ?? 'new'} → ${to} (${reason})`;
    if (BAD_STATES.has(to)) this.logger.warn(message);
    else this.logger.log(message);
  }

  /** Records an event of a backend that leaves it in its state. */
  recordBackendEvent(kind: FleetEventKind, backend: Backend, reason: string, evidence: Evidence = {}): void {
    const state = stateOf(backend);
    this.append({ kind, backend: backend.id, from: state, to: state, reason, evidence: { ...evidence } });
    this.log(kind, `${backend.id}: ${kind} (${reason})`);
  }

  /** Records an event of the whole fleet. */
  recordFleetEvent(kind: FleetEventKind, reason: string, evidence: Evidence = {}): void {
    this.append({ kind, backend: null, from: null, to: null, reason, evidence: { ...evidence } });
    this.log(kind, `${kind}: ${reason}`);
  }

  /** The newest events, oldest first. */
  newest(): readonly FleetEvent[] {
    return [...this.events];
  }

  /** Transitions into each state since the start. */
  transitionCounts(): ReadonlyMap<BackendState, number> {
    return this.transitions;
  }

  /** Events of each kind since the start. */
  kindCounts(): ReadonlyMap<FleetEventKind, number> {
    return this.kinds;
  }

  private append(event: Omit<FleetEvent, 'sequence' | 'at'>): void {
    this.kinds.set(event.kind, (this.kinds.get(event.kind) ?? 0) + 1);
    this.sequence++;
    this.events.push({ sequence: this.sequence, at: new Date().toISOString(), ...event });
    if (this.events.length > MAX_EVENTS) this.events.shift();
  }

  private log(kind: FleetEventKind, message: string): void {
    if (WARNED_KINDS.has(kind)) this.logger.warn(message);
    else this.logger.log(message);
  }
}

// The newest events of the fleet, kept in memory. Each is also logged once, and says who asked for it if a caller of the
// control plane did.
import type { BackendState, FleetEvent, FleetEventKind } from '@fairlead/contracts';
import { Injectable, Logger } from '@nestjs/common';
import { stateOf, type Backend } from './backend.js';

const MAX_EVENTS = 100;
/** Kept beside the others, so that callers who are refused do not push those out. */
const MAX_REFUSALS = 50;

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
  /** The same for readers without the token; undefined: `reason`. */
  readonly publicReason?: string | undefined;
  readonly evidence?: Evidence | undefined;
}

/** Who asked for a change, and for which. */
export interface Actor {
  /** An address. */
  readonly caller: string;
  /** The name of its token; undefined: it needs none, or sent none that is valid. */
  readonly token?: string | undefined;
  readonly action: string;
}

/** Requests of the control plane that were refused. */
export interface Refusal extends Actor {
  /** The id of the backend that they were about; null: of none, or of no valid one. */
  readonly backend: string | null;
  readonly reason: string;
  readonly status: number;
  readonly times: number;
}

/** An event, and its reason for readers without the token. */
interface RecordedEvent {
  readonly event: FleetEvent;
  readonly publicReason: string;
}

/** States whose transitions are logged as warnings. */
const BAD_STATES = new Set<BackendState>(['suspect', 'ejected', 'down']);
/** Kinds that an operator should look at: logged as warnings. */
const WARNED_KINDS = new Set<FleetEventKind>([
  'panic',
  'self-preservation',
  'ejection-skipped',
  'drain-timeout',
  'refused',
  'certificate-rejected',
  'configuration-rejected',
  'discovery-failed',
  'registry-away',
  'balancer-left',
  'balancer-id-taken',
]);

@Injectable()
export class EventLog {
  private readonly logger = new Logger('Fleet');
  private readonly events: RecordedEvent[] = [];
  private readonly refusals: RecordedEvent[] = [];
  private sequence = 0;
  private actor: Actor | undefined;
  private readonly transitions = new Map<BackendState, number>();
  private readonly kinds = new Map<FleetEventKind, number>();

  /** Attributes what `change` records of backends before it returns to `actor`; undefined: to no caller. */
  attributeTo<Result>(actor: Actor | undefined, change: () => Result): Result {
    const before = this.actor;
    this.actor = actor;
    try {
      return change();
    } finally {
      this.actor = before;
    }
  }

  /** Records that a backend went from one state to another. */
  recordTransition({ backend, from, to, reason, publicReason, evidence = {} }: Transition): void {
    this.transitions.set(to, (this.transitions.get(to) ?? 0) + 1);
    this.append({ kind: 'state', backend, from, to, reason, evidence: { ...evidence } }, publicReason);
    this.log(BAD_STATES.has(to), backend, `${backend}: ${from ?? 'new'} → ${to} (${reason})`);
  }

  /** Records an event of a backend that leaves it in its state. */
  recordBackendEvent(kind: FleetEventKind, backend: Backend, reason: string, evidence: Evidence = {}): void {
    const state = stateOf(backend);
    this.append({ kind, backend: backend.id, from: state, to: state, reason, evidence: { ...evidence } });
    this.log(WARNED_KINDS.has(kind), backend.id, `${backend.id}: ${kind} (${reason})`);
  }

  /** Records an event of the whole fleet. Without an actor, it is not attributed to the caller whose request led to it. */
  recordFleetEvent(kind: FleetEventKind, reason: string, evidence: Evidence = {}, actor?: Actor): void {
    this.attributeTo(actor, () => {
      this.append({ kind, backend: null, from: null, to: null, reason, evidence: { ...evidence } });
      this.log(WARNED_KINDS.has(kind), null, `${kind}: ${reason}`);
    });
  }

  /** Records requests of the control plane that were refused. */
  recordRefusal({ caller, token, action, backend, reason, status, times }: Refusal): void {
    const evidence = { status, times };
    this.attributeTo(token === undefined ? { caller, action } : { caller, token, action }, () => {
      this.append({ kind: 'refused', backend, from: null, to: null, reason, evidence });
      const more = times > 1 ? `, ${times} times` : '';
      this.log(true, backend, `${action} refused with ${status}${more} (${reason})`, evidence);
    });
  }

  /** The newest events, oldest first, with all that their reasons say. */
  newest(): readonly FleetEvent[] {
    return this.inOrder().map(({ event }) => event);
  }

  /** The newest events as readers without the token see them. */
  newestPublic(): readonly FleetEvent[] {
    return this.inOrder().map(({ event, publicReason }) => ({ ...event, reason: publicReason }));
  }

  /** Transitions into each state since the start. */
  transitionCounts(): ReadonlyMap<BackendState, number> {
    return this.transitions;
  }

  /** Events of each kind since the start. */
  kindCounts(): ReadonlyMap<FleetEventKind, number> {
    return this.kinds;
  }

  private inOrder(): RecordedEvent[] {
    return [...this.events, ...this.refusals].toSorted((a, b) => a.event.sequence - b.event.sequence);
  }

  private append(event: Omit<FleetEvent, 'sequence' | 'at'>, publicReason = event.reason): void {
    this.kinds.set(event.kind, (this.kinds.get(event.kind) ?? 0) + 1);
    this.sequence++;
    const [kept, limit] = event.kind === 'refused' ? [this.refusals, MAX_REFUSALS] : [this.events, MAX_EVENTS];
    const numbered = { sequence: this.sequence, at: new Date().toISOString(), ...event, ...this.actor };
    kept.push({ event: numbered, publicReason });
    if (kept.length > limit) kept.shift();
  }

  private log(isWarning: boolean, backend: string | null, message: string, figures: Evidence = {}): void {
    const { actor } = this;
    const line: unknown[] = actor
      ? [
          { ...actor, backend, outcome: figures.status ?? 'done', ...figures },
          `${message} by ${actor.caller}${actor.token === undefined ? '' : ` (${actor.token})`}`,
        ]
      : [message];
    if (isWarning) this.logger.warn(...(line as [unknown]));
    else this.logger.log(...(line as [unknown]));
  }
}

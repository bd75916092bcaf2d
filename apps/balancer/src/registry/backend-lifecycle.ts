// Moves backends between their states: docs/operations.md has every transition. Each one is recorded as an event, and
// its consequences are passed on.
import type { BackendState } from '@fairlead/contracts';
import { JOINING, observe } from '@fairlead/scheduling';
import { monotonicSeconds } from '../clock/monotonic.js';
import type { CurrentTraffic } from '../traffic-config/current-traffic.js';
import {
  changedFacts,
  leaseEnd,
  restart,
  stateOf,
  type Backend,
  type BackendRecord,
  type BackendSpec,
} from './backend.js';
import { Ejections } from './ejections.js';
import type { EventLog, Transition } from './event-log.js';
import { publicReasonOf } from './public-reason.js';
import { wordsOf } from './backend-source.js';
import type { BackendObservation, DisconnectScope } from './snapshot/backend-observation.js';

/** What follows from a change of a backend. */
export interface LifecycleEffects {
  /** The snapshot has to be built again. */
  readonly publish: () => void;
  /** The backend has to be probed soon. */
  readonly probe: (backend: Backend) => void;
  /** Exchanges on the backend have to end. */
  readonly disconnect: (backend: Backend, scope: DisconnectScope) => void;
}

export class BackendLifecycle {
  private readonly ejections: Ejections;

  constructor(
    private readonly events: EventLog,
    private readonly traffic: CurrentTraffic,
    private readonly effects: LifecycleEffects,
  ) {
    this.ejections = new Ejections(events, traffic);
  }

  /** Applies `change`, and records what became of the backend's state, also where that stays the same. */
  transition(backend: BackendRecord, reason: string, change: () => void): void {
    const from = stateOf(backend);
    change();
    this.record(backend, from, reason);
    if (stateOf(backend) === from) this.events.recordBackendEvent('changed', backend, reason);
  }

  /** The backend has registered again, or was named again, as `spec` says. */
  update(backend: BackendRecord, spec: BackendSpec): void {
    const from = stateOf(backend);
    const isInOtherPool = backend.pool !== spec.pool;
    const hasMoved = backend.url !== spec.url || isInOtherPool;
    const changed = changedFacts(backend, spec);
    Object.assign(backend, spec, { leaseEndsAt: leaseEnd(spec, monotonicSeconds()) });
    if (!hasMoved && from === 'up') {
      this.recordChange(backend, changed);
      this.effects.publish();
      return;
    }
    // An operator's pause outlasts a restart of the backend; a backend that was leaving has come back.
    if (backend.draining?.purpose === 'leave') backend.draining = undefined;
    backend.health = JOINING;
    backend.ejections = 0;
    const where = `${backend.url}${isInOtherPool ? ` in the pool ${backend.pool}` : ''}`;
    const { updated } = wordsOf(spec);
    this.record(backend, from, hasMoved ? `${updated} at ${where}` : updated);
    if (stateOf(backend) === from) this.recordChange(backend, changed);
    this.effects.probe(backend);
  }

  /** The backend was observed, as a member of `fleet`. */
  observe(backend: BackendRecord, observation: BackendObservation, fleet: Iterable<Backend>): void {
    const { what, reason, evidence, retriesWaiting } = observation;
    if (what === 'outlier' && !this.ejections.mayEject(backend, fleet)) {
      this.ejections.recordSkipped(backend, reason, evidence);
      return;
    }
    const from = stateOf(backend);
    const before = backend.health.state;
    const { health, flipped } = observe(backend.health, what, this.traffic.settingsOf(backend.pool).health);
    backend.health = health;
    if (!flipped) return;
    if (health.state === 'ejected') this.ejections.start(backend);
    if (health.state === 'up' && before !== 'suspect') restart(backend, monotonicSeconds());
    if (!backend.draining) this.record(backend, from, reason, { evidence, publicReason: publicReasonOf(what, reason) });
    if (health.state === 'suspect' || health.state === 'down') this.effects.probe(backend);
    const isSilent = health.state === 'down' ? !health.isResponsive : health.state === 'ejected' && retriesWaiting;
    if (isSilent) this.effects.disconnect(backend, 'retryable');
  }

  /** Ends the ejections in `fleet` whose time is over. */
  endEjections(fleet: Iterable<BackendRecord>): void {
    for (const backend of this.ejections.expired(fleet)) {
      this.observe(backend, { what: 'ejection-over', reason: `ejection ${backend.ejections} is over` }, fleet);
    }
  }

  /** Records what a registration has changed, which a change of state would show otherwise. */
  private recordChange(backend: Backend, changed: readonly string[]): void {
    if (changed.length === 0) return;
    const reason = `${wordsOf(backend).updated}, with other values of ${changed.join(', ')}`;
    this.events.recordBackendEvent('changed', backend, reason);
  }

  private record(
    backend: BackendRecord,
    from: BackendState,
    reason: string,
    { evidence, publicReason = reason }: Partial<Pick<Transition, 'evidence' | 'publicReason'>> = {},
  ): void {
    backend.since = new Date();
    backend.reason = reason;
    backend.publicReason = publicReason;
    const to = stateOf(backend);
    if (to !== from) this.events.recordTransition({ backend: backend.id, from, to, reason, publicReason, evidence });
    this.effects.publish();
  }
}

// Whether a backend can be given requests: a state machine that is told what was observed and says what flipped.

/**
 * The states that health decides on. `joining`: registered, not yet heard of. `suspect`: failed, being re-checked.
 * `ejected`: it answers pings, but its answers to requests are bad, so it is left out for a while. `down`: it does not
 * answer pings.
 */
export type HealthState = 'joining' | 'up' | 'suspect' | 'ejected' | 'down';

/**
 * What was seen of a backend.
 *
 * - `ping-ok`; `ping-failed`: a ping was answered, but not well; `ping-unanswered`: nobody could be reached, or was silent.
 * - `exchange-failed`: an exchange was refused, reset or timed out.
 * - `outlier`: its answers are so much worse than they should be that it is to be ejected.
 * - `ejection-over`: the time it was ejected for has passed.
 */
export type HealthObservation =
  'ping-ok' | 'ping-failed' | 'ping-unanswered' | 'exchange-failed' | 'outlier' | 'ejection-over';

/** A backend's health. Immutable: an observation makes another one. */
export interface BackendHealth {
  readonly state: HealthState;
  /** Pings failed in a row since it came into this state. */
  readonly failedPings: number;
  /** Pings answered in a row since it came into this state; counted while `down` only. */
  readonly answeredPings: number;
  /** Whether its last ping was answered, well or not. */
  readonly isResponsive: boolean;
  /** Whether it ever was `up` since it registered. */
  readonly hasBeenUp: boolean;
  /** Found to be an outlier while suspect: ejected, if the next ping shows that it was there all the time. */
  readonly isEjectionDue: boolean;
}

/** How many pings decide. */
export interface HealthThresholds {
  /** Pings answered in a row that bring back one that was `down`. For others one is enough. */
  readonly rise: number;
  /** Pings failed in a row that take a backend `down`. The first one makes an `up` one `suspect`. */
  readonly fall: number;
}

/** The health of a backend that has just registered. */
export const JOINING: BackendHealth = inState('joining', { hasBeenUp: false });

/** What an observation makes of a backend's health, and whether its state flipped. */
export function observe(
  health: BackendHealth,
  observation: HealthObservation,
  thresholds: HealthThresholds,
): { readonly health: BackendHealth; readonly flipped: boolean } {
  const next = afterwards(health, observation, thresholds);
  return { health: next, flipped: next.state !== health.state };
}

function afterwards(
  health: BackendHealth,
  observation: HealthObservation,
  { rise, fall }: HealthThresholds,
): BackendHealth {
  switch (observation) {
    case 'ping-ok':
      return afterAnsweredPing(health, rise);
    case 'ping-failed':
      return { ...afterFailedPing(health, fall), isResponsive: true };
    case 'ping-unanswered':
      return { ...afterFailedPing(health, fall), isResponsive: false };
    case 'exchange-failed':
      return health.state === 'up' ? inState('suspect', health) : health;
    case 'outlier':
      if (health.state === 'up') return inState('ejected', health);
      return health.state === 'suspect' ? { ...health, isEjectionDue: true } : health;
    case 'ejection-over':
      return health.state === 'ejected' ? inState('up', health) : health;
    default: {
      const exhaustive: never = observation;
      return exhaustive;
    }
  }
}

function afterAnsweredPing(health: BackendHealth, rise: number): BackendHealth {
  switch (health.state) {
    case 'joining':
    case 'up':
      return inState('up', health);
    case 'suspect': {
      // A ping that failed meanwhile shows that it was away: then what it did before does not tell what it will do.
      const wasThere = health.failedPings === 0;
      return inState(wasThere && health.isEjectionDue ? 'ejected' : 'up', health);
    }
    case 'ejected':
      return { ...health, failedPings: 0, isResponsive: true };
    case 'down': {
      const answeredPings = health.answeredPings + 1;
      return answeredPings >= rise ? inState('up', health) : { ...inState('down', health), answeredPings };
    }
    default: {
      const exhaustive: never = health.state;
      return exhaustive;
    }
  }
}

function afterFailedPing(health: BackendHealth, fall: number): BackendHealth {
  if (health.state === 'down') return { ...health, failedPings: health.failedPings + 1, answeredPings: 0 };
  const failedPings = health.failedPings + 1;
  if (failedPings >= fall) return { ...inState('down', health), failedPings };
  return { ...health, state: health.state === 'up' ? 'suspect' : health.state, failedPings };
}

function inState(state: HealthState, { hasBeenUp }: Pick<BackendHealth, 'hasBeenUp'>): BackendHealth {
  return {
    state,
    failedPings: 0,
    answeredPings: 0,
    isResponsive: true,
    hasBeenUp: hasBeenUp || state === 'up',
    isEjectionDue: false,
  };
}

// The health of one backend: a state machine that takes an observation and returns the next state.

/**
 * The states of health. `joining`: registered, not probed yet. `up`: receives requests. `suspect`: failed, being
 * re-checked. `ejected`: its pings succeed, but its responses are bad, so it receives no requests for a while. `down`:
 * its pings fail.
 */
export type HealthState = 'joining' | 'up' | 'suspect' | 'ejected' | 'down';

/**
 * An observation of a backend.
 *
 * - `ping-ok`: the ping succeeded. `ping-failed`: it got a response, but a bad one. `ping-unanswered`: no connection or
 *   no response in time.
 * - `exchange-failed`: an exchange was refused, reset or timed out.
 * - `outlier`: its responses are bad enough to eject it.
 * - `ejection-over`: the duration of its ejection has passed.
 */
export type HealthObservation =
  'ping-ok' | 'ping-failed' | 'ping-unanswered' | 'exchange-failed' | 'outlier' | 'ejection-over';

/** A backend's health. Immutable: {@link observe} returns a new one. */
export interface BackendHealth {
  readonly state: HealthState;
  /** Failed pings in a row since the backend entered this state. */
  readonly failedPings: number;
  /** Successful pings in a row since the backend entered this state; counted only while `down`. */
  readonly successfulPings: number;
  /** Whether its last ping got a response, good or bad. */
  readonly isResponsive: boolean;
  /** Whether it has been `up` since it registered. */
  readonly hasBeenUp: boolean;
  /** Found to be an outlier while suspect: it is ejected if the next ping shows that it was reachable all the time. */
  readonly isEjectionPending: boolean;
}

/** How many pings change the state. */
export interface HealthThresholds {
  /** Successful pings in a row that take a backend from `down` to `up`. In other states one is enough. */
  readonly rise: number;
  /** Failed pings in a row that take a backend `down`. The first one turns `up` into `suspect`. */
  readonly fall: number;
}

/** The health of a backend that has just registered. */
export const JOINING: BackendHealth = inState('joining', { hasBeenUp: false });

/**
 * Returns the health after an observation, and whether the state changed. Observations that do not apply change
 * nothing.
 */
export function observe(
  health: BackendHealth,
  observation: HealthObservation,
  thresholds: HealthThresholds,
): { readonly health: BackendHealth; readonly flipped: boolean } {
  const next = transition(health, observation, thresholds);
  return { health: next, flipped: next.state !== health.state };
}

function transition(
  health: BackendHealth,
  observation: HealthObservation,
  { rise, fall }: HealthThresholds,
): BackendHealth {
  switch (observation) {
    case 'ping-ok':
      return afterSuccessfulPing(health, rise);
    case 'ping-failed':
      return { ...afterFailedPing(health, fall), isResponsive: true };
    case 'ping-unanswered':
      return { ...afterFailedPing(health, fall), isResponsive: false };
    case 'exchange-failed':
      return health.state === 'up' ? inState('suspect', health) : health;
    case 'outlier':
      if (health.state === 'up') return inState('ejected', health);
      return health.state === 'suspect' ? { ...health, isEjectionPending: true } : health;
    case 'ejection-over':
      return health.state === 'ejected' ? inState('up', health) : health;
    default: {
      const exhaustive: never = observation;
      return exhaustive;
    }
  }
}

function afterSuccessfulPing(health: BackendHealth, rise: number): BackendHealth {
  switch (health.state) {
    case 'joining':
    case 'up':
      return inState('up', health);
    case 'suspect': {
      // A ping failed in the meantime, so the backend was away, and its behaviour before that no longer counts.
      const stayedReachable = health.failedPings === 0;
      return inState(stayedReachable && health.isEjectionPending ? 'ejected' : 'up', health);
    }
    case 'ejected':
      return { ...health, failedPings: 0, isResponsive: true };
    case 'down': {
      const successfulPings = health.successfulPings + 1;
      return successfulPings >= rise ? inState('up', health) : { ...inState('down', health), successfulPings };
    }
    default: {
      const exhaustive: never = health.state;
      return exhaustive;
    }
  }
}

function afterFailedPing(health: BackendHealth, fall: number): BackendHealth {
  if (health.state === 'down') return { ...health, failedPings: health.failedPings + 1, successfulPings: 0 };
  const failedPings = health.failedPings + 1;
  if (failedPings >= fall) return { ...inState('down', health), failedPings };
  return { ...health, state: health.state === 'up' ? 'suspect' : health.state, failedPings };
}

function inState(state: HealthState, { hasBeenUp }: Pick<BackendHealth, 'hasBeenUp'>): BackendHealth {
  return {
    state,
    failedPings: 0,
    successfulPings: 0,
    isResponsive: true,
    hasBeenUp: hasBeenUp || state === 'up',
    isEjectionPending: false,
  };
}

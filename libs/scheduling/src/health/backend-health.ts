// Whether a backend can be given requests: a state machine that is told what was observed and says what flipped.

/** The states that health decides on. `joining`: registered, not yet heard of. `suspect`: failed, being re-checked. */
export type HealthState = 'joining' | 'up' | 'suspect' | 'down';

/** What was seen of a backend: the outcome of a ping-ack, or an exchange that was refused, reset or timed out. */
export type HealthObservation = 'ping-ok' | 'ping-failed' | 'exchange-failed';

/** A backend's health. Immutable: an observation makes another one. */
export interface BackendHealth {
  readonly state: HealthState;
  /** Pings failed in a row since it came into this state. */
  readonly failedPings: number;
}

/** How many failures make a backend `down`. */
export interface HealthThresholds {
  /** Pings failed in a row that take a joining or suspect backend down. An `up` one goes down with its first. */
  readonly fall: number;
}

/** The health of a backend that has just registered. */
export const JOINING: BackendHealth = { state: 'joining', failedPings: 0 };

/** What an observation makes of a backend's health, and whether its state flipped. */
export function observe(
  health: BackendHealth,
  observation: HealthObservation,
  { fall }: HealthThresholds,
): { readonly health: BackendHealth; readonly flipped: boolean } {
  const next = afterwards(health, observation, fall);
  return { health: next, flipped: next.state !== health.state };
}

function afterwards(health: BackendHealth, observation: HealthObservation, fall: number): BackendHealth {
  switch (observation) {
    case 'ping-ok':
      return { state: 'up', failedPings: 0 };
    case 'exchange-failed':
      return health.state === 'up' ? { state: 'suspect', failedPings: 0 } : health;
    case 'ping-failed': {
      const failedPings = health.failedPings + 1;
      const isOut = health.state === 'up' || failedPings >= fall;
      return { state: isOut ? 'down' : health.state, failedPings };
    }
    default: {
      const exhaustive: never = observation;
      return exhaustive;
    }
  }
}

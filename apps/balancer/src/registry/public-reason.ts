// Why a backend is in its state, for readers without the token: not what the network said, which would tell them which
// ports are open where the balancer can connect and they cannot.
import type { HealthObservation } from '@fairlead/scheduling';

/** Observations whose reasons quote what a connection met with. */
const NEUTRAL: Partial<Record<HealthObservation, string>> = {
  'ping-failed': 'ping failed',
  'ping-unanswered': 'ping failed',
  'exchange-failed': 'exchange failed',
};

/** The reason of an observation without what the network said. */
export function publicReasonOf(what: HealthObservation, reason: string): string {
  return NEUTRAL[what] ?? reason;
}

// The life of an exchange as one state. Pure: a state and an event in, the next state out.

/** Where a request stands. The first state is also the last: a lane uses its exchanges again. */
export type ExchangeState =
  /** No request. */
  | 'idle'
  /** A request has no backend: it has just arrived, or its last attempt has failed. */
  | 'placing'
  /** It waits in the admission queue: for room, for a backend, or for the registry to confirm the fleet. */
  | 'queued'
  /** A backend has the request; the head of its response has not arrived. */
  | 'attempting'
  /** The head of the response has arrived, its body is being relayed. */
  | 'responding'
  /** No backend has a part in it any more; the client may still be receiving. */
  | 'finishing';

/** What happens to an exchange. */
export type ExchangeEvent =
  /** A request has arrived. */
  | 'start'
  /** A backend was chosen and the demand reserved there. */
  | 'place'
  | 'enqueue'
  /** It waited in the queue as long as it may. */
  | 'expire'
  /** The head of a response arrived. */
  | 'respond'
  /** The attempt is over: completed, failed or cancelled. Its reservation is released. */
  | 'release'
  /** No attempt follows: the balancer responds itself. */
  | 'give-up'
  /** The client has received everything, or is gone. */
  | 'end';

/** A defect of the balancer: something happened to an exchange that cannot happen in its state. */
export class IllegalTransitionError extends Error {
  constructor(
    readonly state: ExchangeState,
    readonly event: ExchangeEvent,
  ) {
    super(`an exchange cannot ${event} while it is ${state}`);
  }
}

/** The state after an event. @throws {IllegalTransitionError} */
export function nextState(state: ExchangeState, event: ExchangeEvent): ExchangeState {
  switch (event) {
    case 'start':
      if (state === 'idle') return 'placing';
      break;
    case 'place':
      if (state === 'placing' || state === 'queued') return 'attempting';
      break;
    case 'enqueue':
      if (state === 'placing') return 'queued';
      break;
    case 'expire':
      if (state === 'queued') return 'placing';
      break;
    case 'respond':
      if (state === 'attempting') return 'responding';
      break;
    case 'release':
      if (state === 'attempting') return 'placing';
      if (state === 'responding') return 'finishing';
      break;
    case 'give-up':
      if (state === 'placing') return 'finishing';
      break;
    case 'end':
      // A client may leave in any state; what it held is released and left before.
      if (state === 'placing' || state === 'finishing') return 'idle';
      break;
    default: {
      const exhaustive: never = event;
      return exhaustive;
    }
  }
  throw new IllegalTransitionError(state, event);
}

/** Whether a backend has a part in it, and holds a reservation. */
export function isAttemptOpen(state: ExchangeState): boolean {
  return state === 'attempting' || state === 'responding';
}

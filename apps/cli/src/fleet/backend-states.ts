// How the states of backends look, and which of them count as what.
import { BACKEND_STATES, type BackendState } from '@fairlead/contracts';
import { nearestName } from '@fairlead/configuration';

const STYLES = {
  joining: 'cyan',
  up: 'green',
  suspect: 'yellow',
  ejected: 'yellow',
  down: 'red',
  draining: 'blue',
  gone: 'gray',
} as const;

/** The colour of a state. */
export function styleOf(state: BackendState): (typeof STYLES)[BackendState] {
  return STYLES[state];
}

/** @throws {Error} when there is no such state. */
export function requireState(text: string): BackendState {
  const state = BACKEND_STATES.find((name) => name === text);
  if (state !== undefined) return state;
  const nearest = nearestName(text, BACKEND_STATES);
  const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
  throw new Error(`--state must be one of ${BACKEND_STATES.join(', ')}, got ${JSON.stringify(text)}${hint}`);
}

// PURE: the name of an event and its figures, in words for people.

/** @import { FleetEvent, FleetEventKind } from '@fairlead/contracts' */

/**
 * @typedef {object} Words
 * @property {string} word
 * @property {string} mark The state whose mark and colour the event has.
 */

/** @type {Record<Exclude<FleetEventKind, 'state'>, Words>} */
const WORDS = {
  changed: { word: 'changed', mark: 'joining' },
  renamed: { word: 'renamed', mark: 'joining' },
  drained: { word: 'drained', mark: 'drained' },
  'drain-timeout': { word: 'drain timed out', mark: 'down' },
  'ejection-skipped': { word: 'not ejected', mark: 'suspect' },
  panic: { word: 'panic', mark: 'down' },
  'panic-ended': { word: 'panic ended', mark: 'up' },
  'self-preservation': { word: 'self-preservation', mark: 'suspect' },
  refused: { word: 'refused', mark: 'suspect' },
  'certificate-changed': { word: 'certificate changed', mark: 'joining' },
  'certificate-rejected': { word: 'certificate rejected', mark: 'suspect' },
  'configuration-changed': { word: 'configuration changed', mark: 'joining' },
  'configuration-rejected': { word: 'configuration rejected', mark: 'suspect' },
  'discovery-failed': { word: 'discovery failed', mark: 'suspect' },
  'discovery-recovered': { word: 'discovery recovered', mark: 'up' },
  'registry-away': { word: 'registry away', mark: 'suspect' },
  'registry-back': { word: 'registry back', mark: 'up' },
  'balancer-joined': { word: 'balancer joined', mark: 'up' },
  'balancer-left': { word: 'balancer left', mark: 'suspect' },
  'balancer-id-taken': { word: 'balancer id taken', mark: 'down' },
  'learning-model-changed': { word: 'learning model changed', mark: 'joining' },
};

/** @param {Pick<FleetEvent, 'kind' | 'from' | 'to'>} event @returns {Words} */
export function wordsOf({ kind, from, to }) {
  return kind === 'state' ? { word: transitionWord(from, to ?? ''), mark: to ?? '' } : WORDS[kind];
}

/** @param {string | null} from @param {string} to */
function transitionWord(from, to) {
  if (from === null) return 'joined';
  if (to === 'joining') return 'joined again';
  if (to === 'up' && from === 'draining') return 'resumed';
  return to === 'up' && from !== 'joining' ? 'up again' : to;
}

/** @param {Pick<FleetEvent, 'evidence'>} event `exchanges 40, failures 30`; empty if there are none. */
export function figuresOf({ evidence }) {
  return Object.entries(evidence)
    .map(([name, value]) => `${spelledOut(name)} ${Number.isInteger(value) ? value : Number(value.toPrecision(3))}`)
    .join(', ');
}

/** @param {string} name In camel case. */
function spelledOut(name) {
  return name.replace(/[A-Z]|(?<!\d)\d/g, (letter) => ` ${letter.toLowerCase()}`);
}

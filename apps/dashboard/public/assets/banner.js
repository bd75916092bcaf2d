// The banner: the dashboard or the balancer is unavailable, no backend is up, or too few are, or the registry is away.
import { byId, setAttribute, setText } from './dom.js';
import { clock, count } from './format.js';

/** @import { BackendMetrics } from '@fairlead/contracts' */
/** @import { FleetUpdate, Outage } from '../../src/live/messages.js' */
/** @typedef {{ fleet: FleetUpdate | null, outage: Outage | null, connected: boolean }} State */
/** @typedef {{ status: string, word: string, title?: string, text?: string }} Verdict */

const HEALTHY = 'Healthy';
const STALE = 'The figures below are the latest known.';
const LAST_RESORT = 'Unhealthy backends receive requests';

/** @param {State} state */
export function showBanner(state) {
  const { status, word, title = '', text = '' } = verdictOf(state);
  const banner = byId('banner');
  setAttribute(byId('status'), 'data-status', status);
  setText(byId('status-word'), word);
  setAttribute(banner, 'data-status', status);
  setText(byId('banner-title'), title);
  setText(byId('banner-text'), text);
  banner.hidden = title === '';
  document.title = word === HEALTHY ? 'Fairlead' : `${word} · Fairlead`;
}

/** @param {State} state @returns {Verdict} */
function verdictOf({ fleet, outage, connected }) {
  if (!connected) return disconnectedVerdict(fleet);
  if (outage) {
    const text = `${outage.reason}. ${fleet ? STALE : ''} The page recovers by itself.`;
    const title = `The balancer has been unavailable since ${clock(outage.since)}`;
    return { status: 'unavailable', word: 'Unavailable', title, text };
  }
  if (!fleet) return { status: 'connecting', word: 'Connecting' };
  const { status, backends } = fleet.metrics;
  if (status === 'ok') return registryVerdict(fleet, servingVerdict(backends));
  if (status === 'panic') {
    return { status, word: 'Panic', ...panicOf(backends) };
  }
  const text = 'Requests get status 503 until a backend is up.';
  if (backends.length === 0) return { status: 'empty', word: 'Degraded', title: 'Degraded: the fleet is empty', text };
  return { status: 'degraded', word: 'Degraded', title: 'Degraded: no backend is up', text };
}

/** @param {BackendMetrics[]} backends @returns {Verdict} */
function servingVerdict(backends) {
  const { up, all, isWhole } = upOf(backends);
  if (isWhole) return { status: 'ok', word: HEALTHY };
  const word = `${count(up)} of ${count(all)} up`;
  if (up > 0) return { status: 'partial', word };
  return { status: 'partial', word, title: 'No backend is up', text: `${LAST_RESORT}.` };
}

/**
 * Balancers serve on without their registry, but an operator should know.
 * @param {FleetUpdate} fleet
 * @param {Verdict} serving What there is to say of its backends.
 * @returns {Verdict}
 */
function registryVerdict({ cluster }, serving) {
  if (cluster === null || cluster.registry.state === 'current' || serving.title !== undefined) return serving;
  return {
    status: 'partial',
    word: serving.word === HEALTHY ? 'Registry away' : serving.word,
    title: `The registry has been away since ${clock(cluster.registry.since)}`,
    text: 'Balancers serve on with the backends that they know, and no lease lapses.',
  };
}

/**
 * Of all that are registered, as everywhere on the page. Draining backends are not missed, because they are taken out of
 * traffic on purpose.
 * @param {BackendMetrics[]} backends
 */
function upOf(backends) {
  const up = backends.filter(({ state }) => state === 'up').length;
  const isWhole = backends.every(({ state }) => state === 'up' || state === 'draining') && up > 0;
  return { up, all: backends.length, isWhole };
}

/** @param {BackendMetrics[]} backends */
function panicOf(backends) {
  const { up, all: total } = upOf(backends);
  const all = count(total);
  if (up > 0)
    return {
      title: `Panic: only ${count(up)} of ${all} backends ${up === 1 ? 'is' : 'are'} up`,
      text: `${LAST_RESORT} too.`,
    };
  const title = total === 1 ? 'Panic: the only backend is not up' : `Panic: none of ${all} backends is up`;
  return { title, text: `${LAST_RESORT}.` };
}

/** @param {FleetUpdate | null} fleet @returns {Verdict} */
function disconnectedVerdict(fleet) {
  if (!fleet) return { status: 'connecting', word: 'Connecting' };
  const text = `This page lost its connection and reconnects by itself. ${STALE}`;
  return { status: 'unavailable', word: 'Disconnected', title: 'The dashboard does not respond', text };
}

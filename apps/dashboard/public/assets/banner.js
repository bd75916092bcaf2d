// What is wrong, said loudly: the dashboard or the balancer away, or no backend up.
import { byId, setAttribute, setText } from './dom.js';
import { clock } from './format.js';

/** @import { Fleet, Away } from './feed.js' */
/** @typedef {{ fleet: Fleet | null, away: Away | null, connected: boolean }} State */
/** @typedef {{ status: string, word: string, title?: string, text?: string }} Verdict */

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
  document.title = status === 'ok' ? 'Fairlead' : `${word} · Fairlead`;
}

/** @param {State} state @returns {Verdict} */
function verdictOf({ fleet, away, connected }) {
  if (!connected) return lost(fleet);
  if (away) {
    const text = `${away.reason}. ${fleet ? 'Below is the last that was known.' : ''} This page comes back by itself.`;
    return { status: 'away', word: 'Away', title: `The balancer is away since ${clock(away.since)}`, text };
  }
  if (!fleet) return { status: 'connecting', word: 'Connecting' };
  const { status, backends } = fleet.metrics;
  if (status === 'ok') return { status, word: 'Healthy' };
  const title = backends.length === 0 ? 'Degraded: the fleet is empty' : 'Degraded: no backend is up';
  return { status: 'degraded', word: 'Degraded', title, text: 'Requests are answered 503 until a backend is up.' };
}

/** @param {Fleet | null} fleet @returns {Verdict} */
function lost(fleet) {
  if (!fleet) return { status: 'connecting', word: 'Connecting' };
  const text = 'This page lost its connection and tries again by itself. Below is the last that was known.';
  return { status: 'away', word: 'Lost', title: 'The dashboard does not answer', text };
}

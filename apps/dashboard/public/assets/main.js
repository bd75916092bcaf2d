// The live page: messages come in, and once per frame every view shows the newest of them.
import { showBalance } from './balance-plane.js';
import { showBanner } from './banner.js';
import { byId } from './dom.js';
import { showEvents } from './event-list.js';
import { openFeed } from './feed.js';
import { FleetTable } from './fleet-table.js';
import { RateChart } from './rate-chart.js';
import { niceCeiling } from './format.js';
import { showSummary } from './summary.js';
import { showRegistration } from './registration-help.js';

/** @import { Away, FleetUpdate } from '../../src/live/messages.js' */

/** Everything the views need. */
const state = {
  fleet: /** @type {FleetUpdate | null} */ (null),
  away: /** @type {Away | null} */ (null),
  connected: false,
  scaleSeconds: 0.1,
};

const table = new FleetTable();
const chart = new RateChart(byId('rate-chart'));

openFeed({
  onHistory({ controlPlane, points, spanMs }) {
    chart.replace(points, spanMs);
    showRegistration(controlPlane);
  },
  onFleet(fleet) {
    state.connected = true;
    state.fleet = fleet;
    state.away = null;
    state.scaleSeconds = scaleFor(fleet, state.scaleSeconds);
    chart.add(fleet.atMs, fleet.rates.requests);
    showSoon();
  },
  onAway(away) {
    state.connected = true;
    state.away = away;
    chart.add(Date.now(), null);
    showSoon();
  },
  onLost() {
    state.connected = false;
    showSoon();
  },
});
table.onChange = showSoon;
// "3 s ago" grows while nothing arrives.
setInterval(showSoon, 1000);

let frame = 0;

/** Many messages between two frames are shown once; a hidden page gets no frames and does no work. */
function showSoon() {
  frame ||= requestAnimationFrame(show);
}

function show() {
  frame = 0;
  const { fleet, away, connected, scaleSeconds } = state;
  showBanner(state);
  document.body.classList.toggle('stale', away !== null || !connected);
  if (!fleet) return;
  showSummary(fleet, away !== null || !connected);
  showEvents(fleet.metrics.events);
  showBalance(fleet.metrics, scaleSeconds);
  table.show(fleet, scaleSeconds);
  chart.show();
}

/**
 * One scale for all bars, so that they compare: it grows at once and shrinks slowly, lest the bars jump with each reading.
 * @param {FleetUpdate} fleet
 * @param {number} before
 */
function scaleFor({ metrics }, before) {
  const largest = Math.max(0, ...metrics.backends.map((backend) => backend.dominantBacklogSeconds));
  const wanted = niceCeiling(Math.max(largest, 0.1));
  return wanted >= before || largest < before / 4 ? wanted : before;
}

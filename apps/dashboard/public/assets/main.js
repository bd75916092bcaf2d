// The live page: receives messages, and updates every view at most once per frame.
import { showBalance } from './balance-plane.js';
import { showBanner } from './banner.js';
import { Balancers } from './cluster/balancers.js';
import { byId } from './dom.js';
import { showEvents } from './event-list.js';
import { openFeed } from './feed.js';
import { FleetTable } from './fleet-table.js';
import { RateChart } from './rate-chart.js';
import { niceCeiling } from './format.js';
import { showSummary } from './summary.js';
import { showRegistration } from './registration-help.js';

/** @import { BackendMetrics } from '@fairlead/contracts' */
/** @import { FleetUpdate, Outage } from '../../src/live/messages.js' */

/** The state that the views show. */
const state = {
  fleet: /** @type {FleetUpdate | null} */ (null),
  outage: /** @type {Outage | null} */ (null),
  connected: false,
  scaleSeconds: 0.1,
};

const table = new FleetTable();
const balancers = new Balancers();
const chart = new RateChart(byId('rate-chart'));

openFeed({
  onHistory({ controlPlane, points, spanMs }) {
    chart.replace(points, spanMs);
    showRegistration(controlPlane);
  },
  onFleet(fleet) {
    state.connected = true;
    state.fleet = fleet;
    state.outage = null;
    state.scaleSeconds = scaleFor(fleet, state.scaleSeconds);
    chart.add(fleet.atMs, fleet.rates.requests);
    showSoon();
  },
  onOutage(outage) {
    state.connected = true;
    state.outage = outage;
    chart.add(Date.now(), null);
    showSoon();
  },
  onDisconnect() {
    state.connected = false;
    showSoon();
  },
});
table.onChange = showSoon;
// "3 s ago" changes even if no message arrives.
setInterval(showSoon, 1000);

let frame = 0;

/** Messages between two frames are shown together; a hidden page gets no frames and does no work. */
function showSoon() {
  frame ||= requestAnimationFrame(show);
}

function show() {
  frame = 0;
  const { fleet, outage, connected, scaleSeconds } = state;
  showBanner(state);
  const isStale = outage !== null || !connected;
  document.body.classList.toggle('stale', isStale);
  if (!fleet) return;
  showSummary(fleet, isStale);
  showEvents(fleet.metrics.events);
  showBalance(fleet.metrics, scaleSeconds);
  balancers.show(fleet.cluster);
  table.show(fleet, scaleSeconds);
  chart.show();
}

/** The queue of a backend for the scale. Rare peaks may be beyond it. @param {BackendMetrics} backend */
function backlogOf({ meanBacklogSeconds, peakBacklogSeconds }) {
  const mean = Math.max(0, ...Object.values(meanBacklogSeconds));
  return Math.max(mean, Math.max(0, ...Object.values(peakBacklogSeconds)) / 2);
}

/**
 * One scale for all bars makes them comparable. It grows at once, but shrinks only if the largest bar is below a
 * quarter of it, so that the bars do not jump with each reading.
 * @param {FleetUpdate} fleet
 * @param {number} before
 */
function scaleFor({ metrics }, before) {
  const largest = Math.max(0, ...metrics.backends.map(backlogOf));
  const wanted = niceCeiling(Math.max(largest, 0.1));
  return wanted >= before || largest < before / 4 ? wanted : before;
}

// The figures above the table: a dozen numbers about the fleet.
import { byId, element, setText } from './dom.js';
import { troubles } from './fleet-order.js';
import { count, duration, short } from './format.js';
import { hueOf } from './resource-hues.js';

/** @import { BackendMetrics, FleetMetrics } from '@fairlead/contracts' */
/** @import { FleetUpdate } from '../../src/live/messages.js' */

/** @param {FleetUpdate} latest @param {boolean} isStale Whether the dashboard or the balancer is unavailable. */
export function showSummary({ atMs, metrics, rates }, isStale) {
  const { fleet } = metrics;
  const { lastMinute, latencyMs } = fleet;
  /** @type {Record<string, string>} */
  const texts = {
    policy: metrics.policy,
    uptime: duration(metrics.uptimeSeconds),
    rate: isStale ? '–' : short(rates.requests),
    'requests-total': count(fleet.requests),
    up: count(fleet.up),
    backends: ` / ${count(fleet.backends)}`,
    'in-flight': short(fleet.meanInFlight),
    'in-flight-peak': `peak ${count(fleet.peakInFlight)} in 15 s`,
    waiting: fleet.queued > 0 ? `+ ${count(fleet.queued)} waiting` : '',
    p50: short(lastMinute.latencyMs?.p50),
    p95: short(lastMinute.latencyMs?.p95),
    p99: short(lastMinute.latencyMs?.p99),
    'latency-note': latencyMs
      ? `${short(latencyMs.p50)}, ${short(latencyMs.p95)} and ${short(latencyMs.p99)} since the start`
      : 'no response since the start',
    errors: count(lastMinute.errors),
    'errors-note': `${count(fleet.errors)} since the start; ${count(fleet.retries)} retried`,
    unplaced: count(lastMinute.unplaced),
    'unplaced-note': `got 503 in the last minute; ${count(fleet.unplaced)} since the start`,
    'read-at': `Read ${ago(Date.now() - atMs)}`,
  };
  for (const [id, text] of Object.entries(texts)) setText(byId(id), text);
  byId('errors').classList.toggle('bad', lastMinute.errors > 0);
  byId('unplaced').classList.toggle('bad', lastMinute.unplaced > 0);
  showStates(metrics.backends);
  showQueued(metrics);
}

/** @param {number} ageMs */
function ago(ageMs) {
  return ageMs < 2500 ? 'just now' : `${duration(ageMs / 1000)} ago`;
}

/**
 * The backends that are not up, by condition, the worst first. The marks are also the legend of the table.
 * @param {BackendMetrics[]} backends
 */
function showStates(backends) {
  const note = byId('states');
  const parts = troubles(backends).map(({ condition, amount }) => ({
    condition,
    text: `${count(amount)} ${condition}`,
  }));
  if (parts.length === 0) return setText(note, backends.length > 0 ? 'all of them' : 'none registered');
  if (note.childElementCount === parts.length && note.textContent === parts.map(({ text }) => text).join('')) return;
  note.replaceChildren(
    ...parts.map(({ condition, text }) => element('span', { class: 'state', 'data-state': condition }, text)),
  );
}

/** Seconds of work queued on average on all that declared their resources, by resource. @param {FleetMetrics} metrics */
function showQueued({ resources, fleet, backends }) {
  const note = byId('queued');
  const declared = backends.filter(({ capacity }) => capacity !== undefined);
  if (declared.length === 0 && backends.length > 0) return setText(note, 'resources not declared');
  const parts = resources.map((resource) => {
    const capacity = fleet.capacity[resource] ?? 0;
    const demand = declared.reduce((sum, { meanInFlightDemand }) => sum + (meanInFlightDemand[resource] ?? 0), 0);
    const share = capacity > 0 ? demand / capacity : 0;
    return { resource, text: `${resource} ${short(share)} s` };
  });
  if (note.textContent === parts.map(({ text }) => text).join('')) return;
  note.replaceChildren(
    ...parts.map(({ resource, text }) => element('span', { class: `key ${hueOf(resource)}` }, text)),
  );
}

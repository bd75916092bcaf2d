// The event stream of this dashboard, reopened for as long as the page is open.

/**
 * @typedef {{ p50: number, p95: number, p99: number } | null} Latency
 * @typedef {Record<string, number>} Amounts
 * @typedef {{ id: string, url: string, state: string, reason: string, since: string, labels: Record<string, string>,
 *   capacity: Amounts, inFlight: number, maxInFlight: number, ejections: number, inFlightDemand: Amounts, backlogSeconds: Amounts, dominantBacklogSeconds: number,
 *   totals: Amounts, requests: number, errors: number, latencyMs: Latency }} Backend
 * @typedef {'state' | 'renamed' | 'drained' | 'drain-timeout' | 'ejection-skipped' | 'panic' | 'panic-ended' | 'self-preservation'} EventKind
 * @typedef {{ sequence: number, at: string, kind: EventKind, backend: string | null, from: string | null,
 *   to: string | null, reason: string, evidence: Amounts }} FleetEvent
 * @typedef {{ at: string, uptimeSeconds: number, status: string, policy: string, resources: string[],
 *   fleet: { backends: number, up: number, requests: number, unplaced: number, queued: number, retries: number, errors: number,
 *     inFlight: number, capacity: Amounts, inFlightDemand: Amounts, latencyMs: Latency },
 *   backends: Backend[], events: FleetEvent[] }} Metrics
 * @typedef {{ requests: number | null, backends: (number | null)[] }} Rates
 * @typedef {{ atMs: number, rates: Rates, metrics: Metrics }} Fleet
 * @typedef {{ reason: string, since: string }} Away
 * @typedef {[atMs: number, rate: number | null]} RatePoint
 * @typedef {{ controlPlane: string, spanMs: number, points: RatePoint[] }} History
 * @typedef {{ onHistory(history: History): void, onFleet(fleet: Fleet): void, onAway(away: Away): void,
 *   onLost(): void }} FeedListener
 */

/** The server sends a heartbeat every 10 s; a stream silent for longer than this is dead, whatever the socket says. */
const SILENCE_LIMIT_MS = 25_000;

/** EventSource reconnects by itself unless it was answered with an error status; then this page does. */
const REOPEN_AFTER_MS = 2000;

/** @param {FeedListener} listener */
export function openFeed(listener) {
  const source = new EventSource('/api/events');
  let silence = 0;

  const reopen = () => {
    clearTimeout(silence);
    source.close();
    listener.onLost();
    setTimeout(openFeed, REOPEN_AFTER_MS, listener);
  };
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(reopen, SILENCE_LIMIT_MS);
  };
  /** @type {(type: string, handle: (data: any) => void) => void} */
  const on = (type, handle) =>
    source.addEventListener(type, ({ data }) => {
      heard();
      handle(JSON.parse(data));
    });

  on('history', listener.onHistory);
  on('fleet', listener.onFleet);
  on('away', listener.onAway);
  on('heartbeat', () => undefined);
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) reopen();
    else listener.onLost();
  });
  heard();
}

// The event stream of the dashboard, which is reopened for as long as the page is open.

/** @import { FleetUpdate, RateHistoryMessage, Outage, StreamMessages } from '../../src/live/messages.js' */

/**
 * @typedef {object} FeedListener
 * @property {(history: RateHistoryMessage) => void} onHistory
 * @property {(fleet: FleetUpdate) => void} onFleet
 * @property {(outage: Outage) => void} onOutage
 * @property {() => void} onDisconnect
 */

/** The server sends a heartbeat every 10 s, so a stream silent for this long is dead even if its socket is open. */
const MAX_SILENCE_MS = 25_000;

/** EventSource reconnects by itself, except after an error status: then the page reopens it. */
const REOPEN_DELAY_MS = 2000;

/** @param {FeedListener} listener */
export function openFeed(listener) {
  const source = new EventSource('/api/events');
  let silenceTimer = 0;

  const reopen = () => {
    clearTimeout(silenceTimer);
    source.close();
    listener.onDisconnect();
    setTimeout(openFeed, REOPEN_DELAY_MS, listener);
  };
  const onMessage = () => {
    clearTimeout(silenceTimer);
    silenceTimer = setTimeout(reopen, MAX_SILENCE_MS);
  };
  /** @type {<Type extends keyof StreamMessages>(type: Type, handle: (data: StreamMessages[Type]) => void) => void} */
  const on = (type, handle) =>
    source.addEventListener(type, ({ data }) => {
      onMessage();
      handle(JSON.parse(data));
    });

  on('history', listener.onHistory);
  on('fleet', listener.onFleet);
  on('outage', listener.onOutage);
  source.addEventListener('heartbeat', onMessage);
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) reopen();
    else listener.onDisconnect();
  });
  onMessage();
}

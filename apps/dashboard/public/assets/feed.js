// The event stream of this dashboard, reopened for as long as the page is open.

/** @import { Away, FleetUpdate, RateHistoryMessage, StreamMessages } from '../../src/live/messages.js' */

/**
 * @typedef {object} FeedListener
 * @property {(history: RateHistoryMessage) => void} onHistory
 * @property {(fleet: FleetUpdate) => void} onFleet
 * @property {(away: Away) => void} onAway
 * @property {() => void} onLost
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
  /** @type {<Type extends keyof StreamMessages>(type: Type, handle: (data: StreamMessages[Type]) => void) => void} */
  const on = (type, handle) =>
    source.addEventListener(type, ({ data }) => {
      heard();
      handle(JSON.parse(data));
    });

  on('history', listener.onHistory);
  on('fleet', listener.onFleet);
  on('away', listener.onAway);
  source.addEventListener('heartbeat', heard);
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) reopen();
    else listener.onLost();
  });
  heard();
}

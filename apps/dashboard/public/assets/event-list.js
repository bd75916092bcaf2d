// The list of events, newest first.
import { byId, element } from './dom.js';
import { figuresOf, wordsOf } from './event-words.js';
import { clock } from './format.js';

/** @import { FleetEvent } from '@fairlead/contracts' */

let shown = '';

/** @param {FleetEvent[]} events Oldest first, as the balancer sends them. */
export function showEvents(events) {
  // The sequence restarts with the balancer, so it does not identify an event by itself.
  const newest = events.at(-1);
  const key = newest ? `${newest.sequence} ${newest.at} ${events.length}` : 'none';
  if (key === shown) return;
  shown = key;
  const items = events.toReversed().map(item);
  if (items.length === 0) items.push(element('li', { class: 'nothing' }, 'No events yet.'));
  byId('events').replaceChildren(...items);
}

/** @param {FleetEvent} event */
function item(event) {
  const { at, backend, reason } = event;
  const { word, mark } = wordsOf(event);
  return element(
    'li',
    { 'data-kind': event.kind, title: figuresOf(event) },
    element('time', { datetime: at }, clock(at)),
    element(
      'span',
      { class: 'what' },
      element('b', {}, backend ?? 'Fleet'),
      ' ',
      element('span', { class: 'state', 'data-state': mark }, word),
      element('span', { class: 'sub' }, reason),
    ),
  );
}

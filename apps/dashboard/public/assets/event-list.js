// What happened to the fleet, newest first.
import { byId, element } from './dom.js';
import { figuresOf, wordsOf } from './event-words.js';
import { clock } from './format.js';

/** @import { FleetEvent } from '@fairlead/contracts' */

let shown = '';

/** @param {FleetEvent[]} events Oldest first, as the balancer gives them. */
export function showEvents(events) {
  // A restarted balancer counts anew, so the sequence alone does not tell one event from another.
  const newest = events.at(-1);
  const key = newest ? `${newest.sequence} ${newest.at} ${events.length}` : 'none';
  if (key === shown) return;
  shown = key;
  const items = events.toReversed().map(item);
  if (items.length === 0) items.push(element('li', { class: 'nothing' }, 'Nothing has happened yet.'));
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

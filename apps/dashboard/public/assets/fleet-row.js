// The row of one backend. Its cells are created once; later only changed values are written.
import { element, setAttribute, setText } from './dom.js';
import { count, duration, ordinal, short } from './format.js';
import { conditionOf, isFull } from './fleet-order.js';
import { hueOf } from './resource-hues.js';

/** @import { Column, Row } from './fleet-order.js' */
/** @typedef {(row: Row, scaleSeconds: number) => void} Writer */

export class FleetRow {
  element = element('tr', { role: 'row' });
  /** @type {Writer[]} */
  #writers = [];

  /** @param {Column[]} columns */
  constructor(columns) {
    for (const column of columns) {
      const { cell, write } = CELLS[column.kind](column);
      cell.dataset.label = column.label;
      cell.dataset.key = column.key;
      this.element.append(cell);
      this.#writers.push(write);
    }
  }

  /** @param {Row} row @param {number} scaleSeconds */
  show(row, scaleSeconds) {
    setAttribute(this.element, 'data-state', row.state);
    for (const write of this.#writers) write(row, scaleSeconds);
  }
}

/** @type {Record<Column['kind'], (column: Column) => { cell: HTMLElement, write: Writer }>} */
const CELLS = { name: nameCell, state: stateCell, share: shareCell, inFlight: inFlightCell, number: numberCell };

function nameCell() {
  const id = element('span', { class: 'id' });
  const pool = element('span', { class: 'label pool' });
  const labels = element('span', { class: 'labels' });
  const url = element('span', { class: 'sub' });
  const cell = element('th', { scope: 'row', role: 'rowheader', class: 'name' }, id, pool, labels, url);
  /** @type {Writer} */
  const write = (row) => {
    setText(id, row.id);
    setText(pool, row.pool);
    setText(url, row.url === row.id ? '' : row.url);
    setAttribute(cell, 'title', `${row.id}\n${row.url}\npool ${row.pool}`);
    const words = Object.entries(row.labels).map(([name, value]) => `${name}=${value}`);
    if (labels.childElementCount !== words.length || labels.textContent !== words.join('')) {
      labels.replaceChildren(...words.map((word) => element('span', { class: 'label' }, word)));
    }
  };
  return { cell, write };
}

function stateCell() {
  const word = element('span', { class: 'state' });
  const why = element('span', { class: 'sub why' });
  const ejections = element('span', { class: 'sub' });
  const spare = element('span', { class: 'sub spare', title: SPARE });
  const elsewhere = element('span', { class: 'sub elsewhere' });
  const cell = element('td', { role: 'cell', class: 'state-cell' }, word, why, ejections, elsewhere, spare);
  /** @type {Writer} */
  const write = (row) => {
    const age = duration((Date.now() - Date.parse(row.since)) / 1000);
    const condition = conditionOf(row);
    setText(word, condition);
    setAttribute(word, 'data-state', condition);
    // Without its pool a backend gets no requests, whatever its state is.
    setText(why, (row.hasPool && WHY[condition]?.(row, age)) || row.reason);
    setText(ejections, ejectionsOf(row));
    setText(elsewhere, row.elsewhere);
    setText(spare, row.isSpare ? 'a larger one is free' : '');
    const here = `${row.state} for ${age}: ${row.reason}`;
    setAttribute(cell, 'title', row.elsewhere === '' ? here : `${here}\nOther balancers: ${row.elsewhere}`);
  };
  return { cell, write };
}

/** Why a backend that is up gets no requests while the fleet is idle. */
const SPARE =
  'The policy drf gives a request to the backend on which it means the least work in relation to the capacity. While ' +
  'nothing is queued, that is a larger one. This backend gets requests once the larger ones have a queue.';

/**
 * What replaces the reason in some conditions: the time in the state, or what is left.
 * @type {Record<string, ((row: Row, age: string) => string) | undefined>}
 */
const WHY = {
  up: (_row, age) => `for ${age}`,
  draining: ({ inFlight }) => `${count(inFlight)} left in flight`,
  drained: () => 'nothing in flight',
};

/** @param {Row} row */
function ejectionsOf({ state, ejections }) {
  if (state === 'ejected') return ejections > 1 ? `${ordinal(ejections)} time in a row` : '';
  if (ejections === 0) return '';
  return ejections === 1 ? 'ejected once before' : `ejected ${count(ejections)} times before`;
}

/** The mean in flight, and below it the peak and the limit, or `full` if the limit is reached. */
function inFlightCell() {
  const amount = element('span', { class: 'amount' });
  const limit = element('span', { class: 'sub' });
  const cell = element('td', { role: 'cell', class: 'number' }, amount, limit);
  /** @type {Writer} */
  const write = (row) => {
    setText(amount, short(row.meanInFlight));
    setText(limit, isFull(row) ? 'full' : `peak ${count(row.peakInFlight)} of ${count(row.maxInFlight)}`);
    const words = [
      `${short(row.meanInFlight)} in flight on average over the last second`,
      `at most ${count(row.peakInFlight)} in the last 15 s`,
      `${count(row.inFlight)} at this moment`,
      `${count(row.maxInFlight)} are allowed at a time`,
    ];
    setAttribute(cell, 'title', words.join('\n'));
    cell.classList.toggle('full', isFull(row));
  };
  return { cell, write };
}

const UNDECLARED =
  'The backend declared nothing of its resources. For placement and the limit in flight it counts as a median backend of ' +
  'its pool.';

/** @param {Column} column */
function shareCell({ resource = '' }) {
  const fill = element('span', { class: 'fill' });
  const peak = element('span', { class: 'peak' });
  const bar = element('span', { class: 'bar', 'aria-hidden': 'true' }, fill, peak);
  const seconds = element('span', { class: 'seconds' });
  const units = element('span', { class: 'sub' });
  const cell = element('td', { role: 'cell', class: `share ${hueOf(resource)}` }, bar, seconds, units);
  /** @type {Writer} */
  const write = (row, scaleSeconds) => {
    const { capacity: declared } = row;
    const share = declared ? (row.meanBacklogSeconds[resource] ?? 0) : 0;
    const most = declared ? (row.peakBacklogSeconds[resource] ?? 0) : 0;
    const capacity = declared?.[resource] ?? 0;
    setProperty(fill, '--full', Math.min(1, share / scaleSeconds));
    setProperty(peak, '--full', Math.min(1, most / scaleSeconds));
    peak.hidden = most === 0;
    if (!declared) {
      setText(seconds, '');
      setText(units, 'not declared');
      setAttribute(cell, 'title', UNDECLARED);
      return;
    }
    setText(seconds, `${short(share)} s`);
    const demand = row.meanInFlightDemand[resource] ?? 0;
    setText(units, capacity === 0 ? 'has none' : `${short(demand)} of ${short(capacity)}/s`);
    setAttribute(
      cell,
      'title',
      `${short(share)} s queued on average over the last second\nat most ${short(most)} s in the last 15 s`,
    );
  };
  return { cell, write };
}

/** @param {HTMLElement} target @param {string} name @param {number} value */
function setProperty(target, name, value) {
  const text = value.toFixed(3);
  if (target.style.getPropertyValue(name) !== text) target.style.setProperty(name, text);
}

/** @param {Column} column */
function numberCell({ key, value }) {
  const cell = element('td', { role: 'cell', class: 'number' });
  const isCount = ['requests', 'errors'].includes(key) || key.startsWith('total:');
  /** @type {Writer} */
  const write = (row) => {
    const amount = /** @type {number | null | undefined} */ (value(row));
    setText(cell, isCount ? count(amount ?? 0) : short(amount));
    if (key === 'errors') cell.classList.toggle('bad', row.errors > 0);
  };
  return { cell, write };
}

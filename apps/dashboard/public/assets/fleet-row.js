// One backend's row: its cells are made once, then written to where they changed.
import { element, setAttribute, setText } from './dom.js';
import { duration, count, short } from './format.js';
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
const CELLS = { name: nameCell, state: stateCell, share: shareCell, number: numberCell };

function nameCell() {
  const id = element('span', { class: 'id' });
  const labels = element('span', { class: 'labels' });
  const url = element('span', { class: 'sub' });
  const cell = element('th', { scope: 'row', role: 'rowheader', class: 'name' }, id, labels, url);
  /** @type {Writer} */
  const write = (row) => {
    setText(id, row.id);
    setText(url, row.url === row.id ? '' : row.url);
    setAttribute(cell, 'title', `${row.id}\n${row.url}`);
    const words = Object.entries(row.labels).map(([name, value]) => `${name}=${value}`);
    if (labels.childElementCount !== words.length || labels.textContent !== words.join('')) {
      labels.replaceChildren(...words.map((word) => element('span', { class: 'label' }, word)));
    }
  };
  return { cell, write };
}

function stateCell() {
  const word = element('span', { class: 'state' });
  const why = element('span', { class: 'sub' });
  const cell = element('td', { role: 'cell', class: 'state-cell' }, word, why);
  /** @type {Writer} */
  const write = (row) => {
    const age = duration((Date.now() - Date.parse(row.since)) / 1000);
    setText(word, row.state);
    setAttribute(word, 'data-state', row.state);
    setText(why, row.state === 'up' ? `for ${age}` : row.reason);
    setAttribute(cell, 'title', `${row.state} for ${age}: ${row.reason}`);
  };
  return { cell, write };
}

/** @param {Column} column */
function shareCell({ resource = '' }) {
  const fill = element('span', { class: 'fill' });
  const bar = element('span', { class: 'bar', 'aria-hidden': 'true' }, fill);
  const seconds = element('span', { class: 'seconds' });
  const units = element('span', { class: 'sub' });
  const cell = element('td', { role: 'cell', class: `share ${hueOf(resource)}` }, bar, seconds, units);
  /** @type {Writer} */
  const write = (row, scaleSeconds) => {
    const share = row.shares[resource] ?? 0;
    const capacity = row.capacity[resource] ?? 0;
    const full = Math.min(1, share / scaleSeconds).toFixed(3);
    if (fill.style.getPropertyValue('--full') !== full) fill.style.setProperty('--full', full);
    setText(seconds, `${short(share)} s`);
    setText(units, capacity === 0 ? 'has none' : `${short(row.inFlightDemand[resource] ?? 0)} of ${short(capacity)}/s`);
  };
  return { cell, write };
}

/** @param {Column} column */
function numberCell({ key, value }) {
  const cell = element('td', { role: 'cell', class: 'number' });
  const isCount = ['inFlight', 'requests', 'errors'].includes(key) || key.startsWith('total:');
  /** @type {Writer} */
  const write = (row) => {
    const amount = /** @type {number | null | undefined} */ (value(row));
    setText(cell, isCount ? count(amount ?? 0) : short(amount));
    if (key === 'errors') cell.classList.toggle('bad', row.errors > 0);
  };
  return { cell, write };
}

// The fleet table: one row per backend, kept for as long as the backend is in the fleet.
import { viewsElsewhere } from './cluster/differences.js';
import { arrange, byId, element, setText } from './dom.js';
import { columnsFor, isSpare, matches, ordered, poolsOf } from './fleet-order.js';
import { FleetRow } from './fleet-row.js';
import { count, tick } from './format.js';

/** @import { FleetUpdate } from '../../src/live/messages.js' */
/** @import { Column, Row } from './fleet-order.js' */

/** The filter is shown from this number of backends. */
const MIN_BACKENDS_FOR_FILTER = 8;

/** Bars are not animated from this number of rows: hundreds of animations cost too much. */
const MIN_ROWS_WITHOUT_ANIMATION = 60;

/** @type {Record<Column['kind'], string>} Class of the column's head. */
const HEADS = { name: 'name', state: 'state', share: 'share', inFlight: 'number', number: 'number' };

export class FleetTable {
  /** Called when the user changes the sort order, the pool or the filter. */
  onChange = () => {};

  #table = byId('fleet-table');
  #head = /** @type {HTMLTableSectionElement} */ (this.#table.querySelector('thead'));
  #body = /** @type {HTMLTableSectionElement} */ (this.#table.querySelector('tbody'));
  #filter = /** @type {HTMLInputElement} */ (byId('filter'));
  #pool = /** @type {HTMLSelectElement} */ (byId('pool'));
  #sortBy = /** @type {HTMLSelectElement} */ (byId('sort-by'));
  /** @type {Map<string, FleetRow>} */
  #rows = new Map();
  /** @type {Column[]} */
  #columns = [];
  #resources = '';
  #pools = '';
  #order = { key: 'id', descending: false };

  constructor() {
    this.#filter.addEventListener('input', () => this.onChange());
    this.#pool.addEventListener('change', () => this.onChange());
    this.#sortBy.addEventListener('change', () => this.#sort(this.#sortBy.value));
  }

  /** @param {FleetUpdate} fleet @param {number} scaleSeconds The queue shown by a full bar. */
  show({ metrics, rates, cluster }, scaleSeconds) {
    this.#fitColumns(metrics.resources);
    const differences = new Map(cluster?.differences.map((difference) => [difference.backend, difference]));
    const rows = metrics.backends.map((backend, index) => ({
      ...backend,
      rate: rates.backends[index] ?? null,
      isSpare: isSpare(metrics, backend),
      elsewhere: viewsElsewhere(differences.get(backend.id), backend.state, cluster?.balancer ?? ''),
    }));
    this.#fitPools(poolsOf(rows));
    const pool = this.#pool.value;
    const inPool = pool === '' ? rows : rows.filter((row) => row.pool === pool);
    const shown = inPool.filter((row) => matches(row, this.#filter.value));
    const column = this.#columns.find(({ key }) => key === this.#order.key) ?? this.#columns[0];

    this.#removeAllExcept(new Set(rows.map(({ id }) => id)));
    arrange(
      this.#body,
      ordered(shown, column, this.#order.descending).map((row) => this.#rowFor(row, scaleSeconds).element),
    );
    for (const scale of this.#head.querySelectorAll('.scale')) setText(scale, `0 – ${tick(scaleSeconds)} s`);

    this.#table.classList.toggle('unanimated', rows.length >= MIN_ROWS_WITHOUT_ANIMATION);
    this.#table.hidden = rows.length === 0;
    byId('empty').hidden = rows.length > 0;
    byId('filter-label').hidden = rows.length < MIN_BACKENDS_FOR_FILTER && this.#filter.value === '';
    const total = `${count(rows.length)} ${rows.length === 1 ? 'backend' : 'backends'}`;
    setText(byId('fleet-count'), shown.length === rows.length ? total : `${shown.length} of ${total}`);
  }

  /** @param {Row} row @param {number} scaleSeconds */
  #rowFor(row, scaleSeconds) {
    let known = this.#rows.get(row.id);
    if (!known) {
      known = new FleetRow(this.#columns);
      this.#rows.set(row.id, known);
    }
    known.show(row, scaleSeconds);
    return known;
  }

  /** @param {Set<string>} ids */
  #removeAllExcept(ids) {
    for (const id of this.#rows.keys()) if (!ids.has(id)) this.#rows.delete(id);
  }

  /** Rebuilds the head if the fleet's resources have changed. @param {string[]} resources */
  #fitColumns(resources) {
    const joined = resources.join(' ');
    if (this.#columns.length > 0 && joined === this.#resources) return;
    this.#resources = joined;
    this.#columns = columnsFor(resources);
    this.#rows.clear();
    this.#head.replaceChildren(
      element('tr', { role: 'row' }, ...this.#columns.map((column) => this.#headCell(column))),
    );
    this.#sortBy.replaceChildren(...this.#columns.map(({ key, label }) => element('option', { value: key }, label)));
    this.#showOrder();
  }

  /** Pools can be chosen, and are shown, when there are several. @param {string[]} pools */
  #fitPools(pools) {
    const joined = pools.join(' ');
    if (joined === this.#pools) return;
    this.#pools = joined;
    const chosen = pools.includes(this.#pool.value) ? this.#pool.value : '';
    const options = pools.map((pool) => element('option', { value: pool }, pool));
    this.#pool.replaceChildren(element('option', { value: '' }, 'All'), ...options);
    this.#pool.value = chosen;
    byId('pool-label').hidden = pools.length < 2;
    this.#table.classList.toggle('many-pools', pools.length > 1);
  }

  /** @param {Column} column */
  #headCell({ key, label, kind }) {
    const button = element('button', { type: 'button' }, label);
    button.addEventListener('click', () => this.#sort(key));
    const scale = kind === 'share' ? [element('span', { class: 'scale' })] : [];
    return element(
      'th',
      { scope: 'col', role: 'columnheader', class: `${HEADS[kind]}-head`, 'data-key': key },
      button,
      ...scale,
    );
  }

  /**
   * Sorts numbers in descending and names in ascending order; sorting by the same column again reverses the order.
   * @param {string} key
   */
  #sort(key) {
    const kind = this.#columns.find((column) => column.key === key)?.kind;
    const isSame = this.#order.key === key;
    this.#order = { key, descending: isSame ? !this.#order.descending : kind !== 'name' };
    this.#showOrder();
    this.onChange();
  }

  #showOrder() {
    const { key, descending } = this.#order;
    for (const cell of this.#head.querySelectorAll('th')) {
      if (cell.dataset.key === key) cell.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      else cell.removeAttribute('aria-sort');
    }
    this.#sortBy.value = key;
  }
}

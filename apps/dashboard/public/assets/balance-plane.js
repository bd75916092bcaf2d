// The balance plane: one dot per backend that declared its resources, with the queue of one resource on the x axis and of another on the y axis.
import { byId, setAttribute, setText } from './dom.js';
import { tick } from './format.js';
import { capitalised, conditionOf } from './fleet-order.js';

/** @import { BackendMetrics, FleetMetrics } from '@fairlead/contracts' */

const SVG = 'http://www.w3.org/2000/svg';

/** Side of the plane, in units of the view box. */
const SIDE = 100;

/** Radius of the largest backend, and the minimum for the smallest. */
const RADIUS = { max: 4.2, min: 1.2 };

/** With more dots than this, each is smaller, so that the total area stays the same. */
const MAX_FULL_SIZE_DOTS = 30;

/** @type {Map<string, SVGGElement>} */
const dots = new Map();
const picture = drawFrame();

/** @param {FleetMetrics} metrics @param {number} scaleSeconds */
export function showBalance({ resources, backends: all }, scaleSeconds) {
  const [across = '', upwards = ''] = resources;
  const card = /** @type {HTMLElement} */ (byId('balance-plane').parentElement);
  const backends = all.filter(({ capacity }) => capacity !== undefined);
  card.hidden = resources.length < 2 || (all.length > 0 && backends.length === 0);
  if (card.hidden) return;
  setText(picture.across, `${capitalised(across)} →`);
  setText(picture.upwards, `${capitalised(upwards)} →`);
  setText(picture.scale, `${tick(scaleSeconds)} s`);

  const largest = Math.max(...backends.map(sizeOf), Number.MIN_VALUE);
  const maxRadius = RADIUS.max * Math.sqrt(Math.min(1, MAX_FULL_SIZE_DOTS / backends.length));
  const present = new Set(backends.map(({ id }) => id));
  for (const [id, dot] of dots) {
    if (present.has(id)) continue;
    dot.remove();
    dots.delete(id);
  }
  for (const backend of backends) {
    const x = SIDE * Math.min(1, (backend.meanBacklogSeconds[across] ?? 0) / scaleSeconds);
    const y = SIDE * (1 - Math.min(1, (backend.meanBacklogSeconds[upwards] ?? 0) / scaleSeconds));
    const radius = Math.max(RADIUS.min, maxRadius * Math.sqrt(sizeOf(backend) / largest));
    place(dotOf(backend.id), backend, x, y, radius);
  }
  setAttribute(picture.root, 'aria-label', `${capitalised(across)} queue against ${upwards} queue of each backend`);
}

/**
 * @param {SVGGElement} dot
 * @param {BackendMetrics} backend
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
function place(dot, backend, x, y, radius) {
  dot.style.setProperty('transform', `translate(${x.toFixed(2)}px, ${y.toFixed(2)}px)`);
  setAttribute(dot, 'data-state', backend.state);
  setAttribute(/** @type {Element} */ (dot.lastElementChild), 'r', radius.toFixed(2));
  setText(/** @type {Element} */ (dot.firstElementChild), `${backend.id} (${conditionOf(backend)})`);
}

/** @param {BackendMetrics} backend */
function sizeOf({ capacity = {} }) {
  return Object.values(capacity).reduce((sum, amount) => sum + amount, 0);
}

/** @param {string} id */
function dotOf(id) {
  let dot = dots.get(id);
  if (!dot) {
    dot = /** @type {SVGGElement} */ (shape('g', { class: 'dot' }));
    dot.append(shape('title'), shape('circle'));
    dots.set(id, dot);
    picture.root.append(dot);
  }
  return dot;
}

function drawFrame() {
  const root = shape('svg', { viewBox: '-9 -6 116 118', role: 'img' });
  const across = shape('text', { x: '0', y: '109', class: 'axis' });
  const upwards = shape('text', { x: '0', y: '0', class: 'axis', transform: 'translate(-4 100) rotate(-90)' });
  const scale = shape('text', { x: '100', y: '109', class: 'axis end' });
  const quarters = [25, 50, 75].map((at) => shape('path', { class: 'grid', d: `M${at} 0V100M0 ${at}H100` }));
  root.append(
    shape('rect', { class: 'frame', width: '100', height: '100', rx: '2' }),
    ...quarters,
    shape('path', { class: 'diagonal', d: 'M0 100L100 0' }),
    across,
    upwards,
    scale,
  );
  byId('balance-plane').append(root);
  return { root, across, upwards, scale };
}

/** @param {string} name @param {Record<string, string>} [attributes] */
function shape(name, attributes = {}) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

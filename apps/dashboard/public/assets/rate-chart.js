// The request rate of the last minutes, drawn by uPlot in the page's own colours.
// oxlint-disable-next-line import/no-absolute-path, import/default -- an address on this server, not a file
import uPlot from '/assets/uplot/uPlot.esm.js';
import { clock, short, tick } from './format.js';

/** @import { RatePoint } from '../../src/live/rate-history.js' */

/** Radius of the dot at the end of the line, which marks the current rate. */
const DOT_RADIUS_PX = 3.5;

export class RateChart {
  /** @type {RatePoint[]} */
  #points = [];
  #spanMs = 5 * 60 * 1000;
  /** @type {uPlot} */
  #plot;

  /** @param {HTMLElement} host */
  constructor(host) {
    this.#plot = draw(host, this.#spanMs);
    new ResizeObserver(() => this.#plot.setSize(sizeOf(host))).observe(host);
    // uPlot reads the colours from the style sheet when it draws, so a new colour scheme requires only a redraw.
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#plot.redraw(false, true));
  }

  /** @param {readonly RatePoint[]} points @param {number} spanMs */
  replace(points, spanMs) {
    this.#points = [...points];
    this.#spanMs = spanMs;
  }

  /** @param {number} atMs @param {number | null} rate */
  add(atMs, rate) {
    // Each new stream repeats the latest reading, which is already the last point of the history.
    if (atMs <= (this.#points.at(-1)?.[0] ?? 0)) return;
    this.#points.push([atMs, rate]);
    while (this.#points.length > 0 && this.#points[0][0] < atMs - this.#spanMs) this.#points.shift();
  }

  show() {
    const endMs = this.#points.at(-1)?.[0] ?? Date.now();
    this.#plot.batch(() => {
      this.#plot.setData([this.#points.map(([atMs]) => atMs / 1000), this.#points.map(([, rate]) => rate)], false);
      this.#plot.setScale('x', { min: (endMs - this.#spanMs) / 1000, max: endMs / 1000 });
    });
  }
}

/** @param {HTMLElement} host */
function sizeOf({ clientWidth, clientHeight }) {
  return { width: clientWidth, height: clientHeight };
}

/** @param {string} name A custom property of theme.css. */
function colour(name) {
  return getComputedStyle(document.body).getPropertyValue(name).trim();
}

/** @param {HTMLElement} host @param {number} spanMs */
function draw(host, spanMs) {
  const axis = {
    stroke: () => colour('--muted'),
    font: `11px ${getComputedStyle(document.body).fontFamily}`,
    ticks: { show: false },
  };
  const endSeconds = Date.now() / 1000;
  /** @type {uPlot.Options} */
  const options = {
    ...sizeOf(host),
    padding: [8, 16, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false, x: false }, points: { size: 7 } },
    scales: {
      x: { time: true, min: endSeconds - spanMs / 1000, max: endSeconds },
      y: { range: (_plot, _min, max) => [0, Math.max(5, (max ?? 0) * 1.15)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 24,
        space: 46,
        incrs: [60, 120],
        values: (_plot, times) => times.map(minuteOf),
      },
      {
        ...axis,
        grid: { stroke: () => colour('--line'), width: 1 },
        size: 44,
        gap: 8,
        space: 36,
        values: (_plot, values) => values.map(tick),
      },
    ],
    series: [
      {},
      { stroke: () => colour('--accent'), width: 2, fill: gradient, points: { show: false }, spanGaps: false },
    ],
    hooks: { setCursor: [showValueUnderCursor], draw: [markCurrentRate] },
  };
  return new uPlot(options, [[], []], host);
}

/** @param {number} seconds */
function minuteOf(seconds) {
  return clock(seconds * 1000).slice(0, 5);
}

/** @param {uPlot} plot The area fades out towards zero. */
function gradient({ ctx, bbox }) {
  if (!Number.isFinite(bbox.top + bbox.height)) return 'transparent';
  const fade = ctx.createLinearGradient(0, bbox.top, 0, bbox.top + bbox.height);
  fade.addColorStop(0, colour('--accent-fill'));
  fade.addColorStop(1, 'transparent');
  return fade;
}

/** @param {uPlot} plot */
function markCurrentRate(plot) {
  const [times, rates] = plot.data;
  const rate = rates.at(-1);
  if (rate === null || rate === undefined) return;
  const { ctx } = plot;
  ctx.beginPath();
  ctx.arc(
    plot.valToPos(times[times.length - 1], 'x', true),
    plot.valToPos(rate, 'y', true),
    DOT_RADIUS_PX * devicePixelRatio,
    0,
    2 * Math.PI,
  );
  ctx.fillStyle = colour('--accent');
  ctx.fill();
}

/** @param {uPlot} plot */
function showValueUnderCursor({ cursor: { idx }, data, over }) {
  const rate = idx === null || idx === undefined ? null : data[1][idx];
  over.title =
    rate === null || rate === undefined ? '' : `${short(rate)} per second at ${clock(data[0][idx ?? 0] * 1000)}`;
}

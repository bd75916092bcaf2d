// Plots as SVG text: p99 over load, one line per policy. d3 computes scales and paths; no DOM is needed.
import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';

/** A line of a plot. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

const WIDTH = 720;
const HEIGHT = 420;
const MARGIN = { top: 40, right: 170, bottom: 44, left: 64 };
const LABEL_HEIGHT = 14;
const COLOURS = ['#d6336c', '#1971c2', '#2f9e44', '#e8590c', '#6741d9', '#0c8599', '#846358', '#868e96', '#f08c00'];

/** Draws lines over load (linear) and seconds (logarithmic). The first line is highlighted. */
export function plot(title: string, series: readonly Series[]): string {
  const loads = series.flatMap(({ points }) => points.map(([load]) => load));
  const seconds = series.flatMap(({ points }) => points.map(([, value]) => value));
  const x = scaleLinear([Math.min(...loads), 1], [MARGIN.left, WIDTH - MARGIN.right]);
  const y = scaleLog([Math.min(...seconds), Math.max(...seconds)], [HEIGHT - MARGIN.bottom, MARGIN.top]).nice();
  const path = line<readonly [number, number]>(
    ([load]) => x(load),
    ([, value]) => y(value),
  );
  const decades = y.ticks().filter((value) => Number.isInteger(Math.round(Math.log10(value) * 1e9) / 1e9));
  const lines = series.map(({ points }, i) => {
    const colour = COLOURS[i % COLOURS.length];
    return `<path d="${path(points)}" fill="none" stroke="${colour}" stroke-width="${i === 0 ? 3.5 : 1.5}"/>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    `<text x="${MARGIN.left}" y="22" font-size="15">${title}</text>`,
    ...decades.map((value) => horizontalTick(y(value), value)),
    ...x.ticks(8).map((load) => verticalTick(x(load), load)),
    `<text x="${(MARGIN.left + WIDTH - MARGIN.right) / 2}" y="${HEIGHT - 8}" text-anchor="middle">load, part of λ*</text>`,
    `<text transform="translate(14 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle">p99, seconds</text>`,
    ...lines.toReversed(),
    ...labels(series, (points) => y(points[points.length - 1][1])),
    '</svg>\n',
  ].join('\n');
}

function horizontalTick(at: number, value: number): string {
  const right = WIDTH - MARGIN.right;
  return `<path d="M${MARGIN.left},${at}H${right}" stroke="#ddd"/><text x="${MARGIN.left - 6}" y="${at + 4}" text-anchor="end">${value}</text>`;
}

function verticalTick(at: number, load: number): string {
  const bottom = HEIGHT - MARGIN.bottom;
  return `<path d="M${at},${bottom}v4" stroke="#888"/><text x="${at}" y="${bottom + 17}" text-anchor="middle">${load}</text>`;
}

/** A name at the end of each line, pushed down where two would overlap. */
function labels(series: readonly Series[], endOf: (points: Series['points']) => number): string[] {
  const order = series.map(({ name, points }, i) => ({ name, i, at: endOf(points) })).sort((a, b) => a.at - b.at);
  const spare = HEIGHT - MARGIN.bottom - order.length * LABEL_HEIGHT;
  let free = MARGIN.top;
  return order.map(({ name, i, at }, rank) => {
    const placed = Math.min(Math.max(at, free), spare + rank * LABEL_HEIGHT + LABEL_HEIGHT);
    free = placed + LABEL_HEIGHT;
    const weight = i === 0 ? ' font-weight="bold"' : '';
    return `<text x="${WIDTH - MARGIN.right + 8}" y="${placed + 4}" fill="${COLOURS[i % COLOURS.length]}"${weight}>${name}</text>`;
  });
}

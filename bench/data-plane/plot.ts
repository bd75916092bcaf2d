// A plot as SVG text: a row for each case, a dot for each contender, on a logarithmic scale of cost.
import { scaleLog, scalePoint } from 'd3-scale';

/** A dot, and the line from the minimum to the maximum of its rounds. */
export interface Mark {
  readonly row: string;
  readonly series: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

const WIDTH = 860;
const ROW_HEIGHT = 46;
const MARGIN = { top: 48, right: 240, bottom: 40, left: 170 };
const LEGEND_HEIGHT = 20;
const DOT = 4.5;
/** Fairlead in warm colours, the others in cold ones; in the order of the contenders. */
const COLD = ['#1971c2', '#2f9e44', '#0c8599', '#868e96', '#343a40'];
const WARM = ['#f08c00', '#d6336c', '#e8590c', '#9c36b5', '#c2255c', '#846358'];

/** Draws the marks, with rows and series in the order of their first mark. */
export function plot(title: string, marks: readonly Mark[]): string {
  const rows = [...new Set(marks.map(({ row }) => row))];
  const series = [...new Set(marks.map((mark) => mark.series))];
  const height = MARGIN.top + MARGIN.bottom + Math.max(rows.length * ROW_HEIGHT, series.length * LEGEND_HEIGHT);
  const [right, bottom] = [WIDTH - MARGIN.right, height - MARGIN.bottom];
  const least = Math.min(...marks.map(({ min }) => min));
  const greatest = Math.max(...marks.map(({ max }) => max));
  const x = scaleLog([least * 0.9, greatest * 1.1], [MARGIN.left, right]);
  const y = scalePoint(rows, [MARGIN.top, bottom]).padding(0.5);
  const colourOf = coloursOf(series);
  // The dots of a row are offset vertically, so that equal ones stay visible.
  const offset = (name: string) => (series.indexOf(name) / Math.max(1, series.length - 1) - 0.5) * (ROW_HEIGHT - 16);
  const dots = marks.map((mark) => {
    const at = (y(mark.row) ?? 0) + offset(mark.series);
    const colour = colourOf(mark.series);
    return (
      `<path d="M${px(x(mark.min))},${px(at)}H${px(x(mark.max))}" stroke="${colour}" stroke-width="2"/>` +
      `<circle cx="${px(x(mark.median))}" cy="${px(at)}" r="${DOT}" fill="${colour}"/>`
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    `<text x="${MARGIN.left}" y="24" font-size="15">${title}</text>`,
    ...x.ticks().map((value) => verticalLine(x(value), value, bottom)),
    ...rows.map((row) => `<text x="${MARGIN.left - 10}" y="${px((y(row) ?? 0) + 4)}" text-anchor="end">${row}</text>`),
    ...rows.slice(1).map((row) => {
      const at = px((y(row) ?? 0) - y.step() / 2);
      return `<path d="M${MARGIN.left},${at}H${right}" stroke="#ccc"/>`;
    }),
    ...dots,
    ...series.map((name, i) => legend(name, colourOf(name), i)),
    '</svg>\n',
  ].join('\n');
}

function coloursOf(series: readonly string[]): (name: string) => string {
  const isOurs = (name: string) => name.startsWith('Fairlead');
  return (name) => {
    const palette = isOurs(name) ? WARM : COLD;
    return palette[series.filter((each) => isOurs(each) === isOurs(name)).indexOf(name) % palette.length];
  };
}

/** A line for each tick, with a number only at 1, 2 and 5, where there is room. */
function verticalLine(at: number, value: number, bottom: number): string {
  const first = Number(value.toExponential()[0]);
  const number = [1, 2, 5].includes(first)
    ? `<text x="${px(at)}" y="${bottom + 18}" text-anchor="middle">${value.toLocaleString('en')}</text>`
    : '';
  return `<path d="M${px(at)},${MARGIN.top}V${bottom}" stroke="#eee"/>${number}`;
}

function legend(name: string, colour: string, index: number): string {
  const at = MARGIN.top + 14 + index * LEGEND_HEIGHT;
  const left = WIDTH - MARGIN.right + 24;
  return `<circle cx="${left}" cy="${at - 4}" r="${DOT}" fill="${colour}"/><text x="${left + 12}" y="${at}">${name}</text>`;
}

/** Pixels, to a tenth. */
const px = (value: number): string => String(Math.round(value * 10) / 10);

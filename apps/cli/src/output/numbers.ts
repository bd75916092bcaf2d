// Formats numbers, durations and times for people.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** What stands in place of a number that there is not. */
export const NONE = '-';

/** 1,234 in full; 1.2M from a million on. */
export function count(value: number): string {
  return Math.abs(value) < 1e6 ? whole.format(value) : compact.format(value);
}

/** At most two digits below 10, none after the point from there on: < 0.01, 0.42, 4.2, 42. */
export function short(value: number): string {
  if (value === 0 || value >= 9.95) return count(value);
  // A little is not nothing.
  if (value > 0 && value < 0.01) return '< 0.01';
  return String(Number(value.toFixed(value < 0.995 ? 2 : 1)));
}

/** `1 request`, `2 requests`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** A share in percent: 0 %, < 0.01 %, 1.5 %. */
export function percent(part: number, total: number): string {
  if (part === 0 || total === 0) return '0 %';
  return `${short((100 * part) / total)} %`;
}

/** Milliseconds with a fitting unit: 0.42 ms, 42 ms, 4.2 s. */
export function milliseconds(value: number): string {
  return value < 1000 ? `${short(value)} ms` : `${short(value / 1000)} s`;
}

const UNITS = [
  { name: 'd', seconds: 86_400 },
  { name: 'h', seconds: 3600 },
  { name: 'min', seconds: 60 },
  { name: 's', seconds: 1 },
];

/** The two largest units: 42 s, 3 min 5 s, 2 h 10 min, 4 d 3 h. */
export function duration(seconds: number): string {
  const rounded = Math.max(0, Math.floor(seconds));
  const largest = UNITS.findIndex((unit) => rounded >= unit.seconds);
  if (largest === -1) return '0 s';
  const [large, small] = UNITS.slice(largest, largest + 2);
  const rest = small === undefined ? 0 : Math.floor((rounded % large.seconds) / small.seconds);
  const head = `${Math.floor(rounded / large.seconds)} ${large.name}`;
  return rest === 0 ? head : `${head} ${rest} ${small.name}`;
}

/** An ISO time as hours, minutes and seconds of local time, with the day unless it is today. */
export function clock(at: string, now = new Date()): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString('en-GB');
  return date.toDateString() === now.toDateString() ? time : `${date.toLocaleDateString('sv-SE')} ${time}`;
}

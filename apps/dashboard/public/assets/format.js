// PURE: formats numbers, durations and scales for people.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** @param {number} value A count: 1,234 in full, 1.2M from a million on. */
export function count(value) {
  return Math.abs(value) < 1e6 ? whole.format(value) : compact.format(value);
}

const ordinals = new Intl.PluralRules('en', { type: 'ordinal' });
const ORDINAL_ENDINGS = { zero: 'th', one: 'st', two: 'nd', few: 'rd', many: 'th', other: 'th' };

/** @param {number} value 1st, 2nd, 3rd, 11th. */
export function ordinal(value) {
  return count(value) + ORDINAL_ENDINGS[ordinals.select(value)];
}

/** @param {number | null | undefined} value Two significant digits at most below 10: 0.42, 4.2, 42; – if missing. */
export function short(value) {
  if (value === null || value === undefined) return '–';
  if (value === 0) return '0';
  if (value > 0 && value < 0.005) return '< 0.01';
  if (value < 9.95) return value.toFixed(value < 0.995 ? 2 : 1);
  return count(value);
}

/** @param {number} value A round number of a scale, without trailing zeros. */
export function tick(value) {
  if (value < 1000) return String(Number(value.toPrecision(3)));
  return value < 10_000 ? whole.format(value) : compact.format(value);
}

/** @param {number} seconds The largest two units: 42 s, 3 min 5 s, 2 h 10 min, 4 d 3 h. */
export function duration(seconds) {
  const rounded = Math.max(0, Math.floor(seconds));
  if (rounded < 60) return `${rounded} s`;
  if (rounded < 3600) return pair(rounded, 60, 'min', 1, 's');
  if (rounded < 86_400) return pair(rounded, 3600, 'h', 60, 'min');
  return pair(rounded, 86_400, 'd', 3600, 'h');
}

/** @type {(seconds: number, large: number, largeName: string, small: number, smallName: string) => string} */
function pair(seconds, large, largeName, small, smallName) {
  const rest = Math.floor((seconds % large) / small);
  const head = `${Math.floor(seconds / large)} ${largeName}`;
  return rest === 0 ? head : `${head} ${rest} ${smallName}`;
}

/** @param {number} value Rounded up to the next 1, 2 or 5 × 10ⁿ. */
export function niceCeiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((candidate) => candidate * power >= value * (1 - 1e-9)) ?? 10;
  return Number((step * power).toPrecision(3));
}

/** @param {string | number} at An ISO time or milliseconds since 1970, as hours, minutes and seconds of local time. */
export function clock(at) {
  return new Date(at).toLocaleTimeString('en-GB');
}

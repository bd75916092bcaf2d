// Schemas for the kinds of value that the file has: numbers, durations, ratios, sizes, names. Each message says what is allowed.
import { poolNameSchema } from '@fairlead/contracts';
import { z } from 'zod';
import type { StatusRange } from '../pool-config.js';

/** Seconds in each unit of a duration. */
const UNITS = { ms: 0.001, s: 1, m: 60, h: 3600 } as const;
const DURATION = /^(\d{1,12}(?:\.\d{1,9})?)(ms|s|m|h)$/;

/** A duration from `min` to `max` seconds, such as `5s`, parsed into seconds. A zero needs no unit. */
export function duration(min: number, max: number) {
  const allowed = `must be a duration from ${durationText(min)} to ${durationText(max)}, such as 100ms, 5s, 2m or 1h`;
  const written = z
    .string(allowed)
    .regex(DURATION, allowed)
    .transform(secondsOf)
    .refine((value) => value >= min && value <= max, allowed);
  return min === 0 ? z.union([z.literal(0, allowed), written], allowed) : z.union([written], allowed);
}

function secondsOf(text: string): number {
  const [, number, unit] = DURATION.exec(text) ?? [];
  const seconds = Number(number) * UNITS[unit as keyof typeof UNITS];
  // 300 ms is 0.3 s, and not 0.30000000000000004.
  return Number(seconds.toPrecision(12));
}

/** Seconds as the file has them, in the largest unit that needs no fraction: `100ms`, `90s`, `5m`. */
export function durationText(seconds: number): string {
  if (seconds === 0) return '0';
  const units = Object.entries(UNITS).toReversed();
  const [unit, length] = units.find(([, length]) => Number.isInteger(Number((seconds / length).toPrecision(12)))) ?? [
    's',
    1,
  ];
  return `${Number((seconds / length).toPrecision(12))}${unit}`;
}

/** A whole number. Digits in quotes are one too, since a variable or a secret file always gives a text. */
export function wholeNumber(min: number, max: number) {
  const allowed = `must be a whole number from ${min} to ${max}`;
  return z.preprocess(numberOf, z.int(allowed).min(min, allowed).max(max, allowed));
}

/** A number. */
export function decimal(min: number, max: number) {
  const allowed = `must be a number from ${min} to ${max}`;
  return z.preprocess(numberOf, z.number(allowed).min(min, allowed).max(max, allowed));
}

function numberOf(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : value;
}

/** A part of a whole, `0.05` or `5%`: parsed into a number from 0 to 1. */
export function ratio() {
  const allowed = 'must be a number from 0 to 1, or from 0% to 100%';
  const percent = z
    .string(allowed)
    .regex(/^\d{1,3}(\.\d{1,12})?%$/, allowed)
    .transform((text) => Number((Number(text.slice(0, -1)) / 100).toPrecision(12)))
    .refine((value) => value <= 1, allowed);
  return z.union([z.number(allowed).min(0, allowed).max(1, allowed), percent], allowed);
}

const SIZE = /^(\d{1,15}(?:\.\d{1,6})?)(B|kB|KB|MB|GB|KiB|MiB|GiB)$/;
const SIZE_UNITS: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['kB', 1e3],
  ['KB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
  ['KiB', 1024],
  ['MiB', 1024 ** 2],
  ['GiB', 1024 ** 3],
]);

/** A number of bytes, such as `1048576`, `10MB` or `64KiB`. */
export function bytes() {
  const allowed = 'must be a number of bytes, such as 1048576, 10MB or 64KiB; 0: no limit';
  const written = z
    .string(allowed)
    .regex(SIZE, allowed)
    .transform((text) => {
      const [, number, unit] = SIZE.exec(text) ?? [];
      return Math.round(Number(number) * (SIZE_UNITS.get(unit) ?? NaN));
    })
    .refine((value) => Number.isSafeInteger(value), allowed);
  return z.union([z.int(allowed).min(0, allowed), written], allowed);
}

/** One status, `2xx` or `200-299`, or a list of them. */
export function statuses() {
  const allowed = 'must be a status such as 200, a range such as 200-299 or 2xx, or a list of them';
  const isStatus = (value: number) => value >= 100 && value <= 599;
  const one = z
    .union([z.int(allowed), z.string(allowed).regex(/^(\d{3}(-\d{3})?|[1-5]xx)$/, allowed)], allowed)
    .transform((value): StatusRange => statusRange(String(value)))
    .refine(({ from, to }) => isStatus(from) && isStatus(to) && from <= to, allowed);
  return z.union([one, z.array(one, allowed).min(1, allowed)], allowed).transform((value): readonly StatusRange[] => {
    return Array.isArray(value) ? value : [value];
  });
}

function statusRange(text: string): StatusRange {
  const [from, to = from] = text.endsWith('xx') ? [`${text[0]}00`, `${text[0]}99`] : text.split('-');
  return { from: Number(from), to: Number(to) };
}

/** One of the given words. */
export function oneOf<const Words extends readonly string[]>(words: Words) {
  return z.enum(words, `must be one of ${words.join(', ')}`);
}

/** A text of this form. `allowed` begins with `must be`. */
export function text(form: RegExp, allowed: string) {
  return z.string(allowed).regex(form, allowed);
}

/** Any text. */
export function anyText(allowed: string) {
  return z.string(allowed);
}

/** The name of a pool or a route: the same form as that of a pool in a registration. */
export const nameSchema = poolNameSchema;

/** What the requests of a client have in common, or those for one path. */
export const affinityKey = text(
  /^(client|path|header:[a-z0-9-]+|cookie:[A-Za-z0-9_-]+)$/,
  'must be client, path, header:name (in lower case) or cookie:name',
);

/** What the requests of a client have in common. */
export const clientKey = text(
  /^(client|header:[a-z0-9-]+|cookie:[A-Za-z0-9_-]+)$/,
  'must be client, header:name (in lower case) or cookie:name',
);

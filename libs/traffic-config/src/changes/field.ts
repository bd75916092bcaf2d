// The fields of a pool or a route as texts, so that two versions of it can be compared and their differences shown.
import { durationText } from '../schema/fields.js';

/** A field of one version. */
export interface Field {
  /** As the file calls it, such as `health.interval`. */
  readonly label: string;
  /** What is compared. */
  readonly value: unknown;
  /** What is shown; undefined for a value that may contain a secret, or is too long. */
  readonly text: string | undefined;
}

/** Sentences such as `health.interval 10s → 5s` for the fields that differ. */
export function fieldChanges(before: readonly Field[], after: readonly Field[]): string[] {
  const labels = new Set([...before, ...after].map(({ label }) => label));
  return [...labels].flatMap((label) => {
    const [old, current] = [before, after].map((fields) => fields.find((field) => field.label === label));
    if (canonical(old?.value) === canonical(current?.value)) return [];
    if (old?.text === undefined || current?.text === undefined) return [`${label} changed`];
    return [`${label} ${old.text} → ${current.text}`];
  });
}

/** JSON with sorted keys and without undefined fields: equal for equal values, whether or not they were sent as JSON. */
export function canonical(value: unknown): string {
  const sorted = (_: string, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part;
  return JSON.stringify(value, sorted) ?? 'undefined';
}

/** A field that is shown as it is. `seconds` are shown as a duration. */
export function field(label: string, value: string | number | undefined): Field {
  return { label, value, text: value === undefined ? 'none' : String(value) };
}

/** A field in seconds. */
export function secondsField(label: string, seconds: number | undefined): Field {
  return { label, value: seconds, text: seconds === undefined ? 'none' : durationText(seconds) };
}

/** Amounts by name, such as `{"compute": 3}`. `empty` is what none of them means. */
export function amountsField(
  label: string,
  amounts: Readonly<Record<string, number>> | undefined,
  empty = 'none',
): Field {
  const entries = Object.entries(amounts ?? {}).map(([name, amount]) => `${name} ${amount}`);
  return { label, value: amounts, text: entries.length === 0 ? empty : entries.join(', ') };
}

/** A list, such as that of hosts. `empty` is what a list without entries means. */
export function listField(label: string, values: readonly string[], empty: string): Field {
  return { label, value: values, text: values.length === 0 ? empty : values.join(', ') };
}

/** A field that is not shown. */
export function hiddenField(label: string, value: unknown): Field {
  return { label, value, text: undefined };
}

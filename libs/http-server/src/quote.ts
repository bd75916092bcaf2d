// Quotes values of header fields in error messages.

const MAX_QUOTED_CHARACTERS = 100;

/** Returns `value` in quotation marks, shortened if it is long. */
export function quote(value: string): string {
  const isLong = value.length > MAX_QUOTED_CHARACTERS;
  return JSON.stringify(isLong ? `${value.slice(0, MAX_QUOTED_CHARACTERS)}…` : value);
}

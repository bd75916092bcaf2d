// Classes of status codes: 1xx to 5xx (RFC 9110 §15).

/** The classes, in the order in which they are counted. */
export const STATUS_CLASS_NAMES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;

/** How many classes there are. */
export const STATUS_CLASSES = STATUS_CLASS_NAMES.length;

/** Returns the index of the class of a status. A status from 600 on counts as 5xx, as clients treat it (RFC 9110 §15). */
export function statusClass(status: number): number {
  return status >= 500 ? 4 : ((status / 100) | 0) - 1;
}

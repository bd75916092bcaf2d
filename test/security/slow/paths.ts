// Paths of the slow attacks, for which their backend has a behaviour of its own.

/** Never gets a response, and an upgrade neither. */
export const HANG_PATH = '/attack/hang';
/** Upgrades are refused with a body that does not end. */
export const ENDLESS_PATH = '/attack/endless';
/** Gets `LARGE_BYTES`. */
export const LARGE_PATH = '/attack/large';
export const LARGE_BYTES = 4 * 2 ** 20;

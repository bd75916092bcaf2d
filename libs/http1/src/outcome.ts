// The results of framing that are not a length.

/** More bytes are needed. Never a length, because no head is empty. */
export const INCOMPLETE = 0;

/**
 * Outside the supported subset. A request must be handled by a complete HTTP/1.1 server, from its first byte. A
 * response or body cannot be used, and nothing after it on the connection can be trusted.
 */
export const UNSUPPORTED = -1;

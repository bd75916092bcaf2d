// What framing comes to when it is not a length.

/** More bytes are needed. Never a length: no head is empty. */
export const INCOMPLETE = 0;

/**
 * Outside the subset. Of a request it means "not mine": a server that knows all of HTTP/1.1 has to look at it, from its
 * first byte on. Of a response or a body it means that it cannot be used: its connection tells nothing reliable any more.
 */
export const UNSUPPORTED = -1;

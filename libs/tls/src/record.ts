// How a connection with TLS begins.

/** The first byte: the type of a handshake record (RFC 8446 §5.1). No request of HTTP/1.1 begins with it. */
export const TLS_HANDSHAKE_RECORD = 0x16;

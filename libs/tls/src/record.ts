// The first byte of a TLS connection.

/** The type of a handshake record (RFC 8446 §5.1), which comes first. No HTTP/1.1 request begins with this byte. */
export const TLS_HANDSHAKE_RECORD = 0x16;

/**
 * Bearer tokens of the control plane: files that hold them, and how a client sends them.
 *
 * @module @fairlead/tokens
 */
export { ClientTokens, type TokenOptions } from './client-tokens.js';
export { digestOf } from './digest.js';
export { MIN_TOKEN_LENGTH, parseTokenLines } from './token-lines.js';

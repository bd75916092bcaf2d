// `X-Request-Id`: its name, which ids are valid, and how an error response gets one. Pure.
import type { ErrorFields } from './error-response.js';

/** The header that has the id of a request: to the backend, and to the client in the response. */
export const REQUEST_ID_HEADER = 'X-Request-Id';
/** The same in lower case. */
export const REQUEST_ID_FIELD = 'x-request-id';

/** Characters that need no quotes or escapes in logs, shells and URLs. 128 are enough for all common forms. */
const REQUEST_ID = /^[\w.~+/=:@-]{1,128}$/;

/** Whether a text can be an id: 1 to 128 letters, digits and `-._~+/=:@`. Two header lines, joined by a comma, cannot. */
export function isRequestId(text: string): boolean {
  return REQUEST_ID.test(text);
}

/** The fields of an error response with the id of the request; `undefined` stands for no fields, and for no id. */
export function withRequestId(fields: ErrorFields | undefined, id: string | undefined): ErrorFields | undefined {
  return id === undefined ? fields : { ...fields, [REQUEST_ID_FIELD]: id };
}

// `X-Request-Id`: its name, which ids are valid, and how an error response gets one. Pure.

/** The header with the id of a request, in the request to the backend and in the response to the client. */
export const REQUEST_ID_HEADER = 'X-Request-Id';
/** The same in lower case. */
export const REQUEST_ID_FIELD = 'x-request-id';

/** Characters that need no quotes or escapes in logs, shells and URLs. 128 are enough for all common kinds of id. */
const REQUEST_ID = /^[\w.~+/=:@-]{1,128}$/;

/** Whether a text is a valid id: 1 to 128 letters, digits and `-._~+/=:@`. Two header lines, joined by a comma, are not. */
export function isRequestId(text: string): boolean {
  return REQUEST_ID.test(text);
}

/** Header fields, by name in lower case. */
type Fields = Readonly<Record<string, string | number>>;

/** Adds the id of the request to the fields of an error response. `undefined`: no fields, or no id. */
export function withRequestId(fields: Fields | undefined, id: string | undefined): Fields | undefined {
  return id === undefined ? fields : { ...fields, [REQUEST_ID_FIELD]: id };
}

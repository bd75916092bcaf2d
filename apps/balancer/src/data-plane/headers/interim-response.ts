// Interim responses (1xx) as they are forwarded to a client. Pure: status and raw header list in, text out.
import { STATUS_CODES } from 'node:http';

/**
 * An interim response as text, with the empty line; undefined for one that is not forwarded. Of early hints only the
 * links are forwarded, and none if one is invalid (RFC 8297 §2 allows a proxy to drop hints).
 */
export function interimResponse(statusCode: number, rawHeaders: readonly string[]): string | undefined {
  if (statusCode === 100 || statusCode === 102) return `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}\r\n\r\n`;
  const links = statusCode === 103 ? linksIn(rawHeaders) : [];
  return links.length === 0 ? undefined : `HTTP/1.1 103 Early Hints\r\nLink: ${links.join(', ')}\r\n\r\n`;
}

function linksIn(rawHeaders: readonly string[]): string[] {
  const links = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1].toLowerCase() === 'link');
  return links.every(isLinkList) ? links : [];
}

/** `<target>`, the start of a link. */
const TARGET = /[ \t]*<[^<>]*>[ \t]*/y;
/** `; name`, `; name=value` or `; name="value"`. Unquoted values are accepted as loosely as by Node and browsers. */
const PARAMETER = /;[ \t]*[^\s;,="<>]+[ \t]*(?:=[ \t]*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]+)[ \t]*)?/y;

/**
 * Whether a text is a list of links (RFC 8288 §3). Each token is matched where the one before it ended: one expression
 * for the whole list would take exponential time for a list with an error at its end.
 */
export function isLinkList(text: string): boolean {
  let at = 0;
  do {
    at = endOf(TARGET, text, at);
    if (at === -1) return false;
    for (let end = at; end !== -1; end = endOf(PARAMETER, text, at)) at = end;
    if (at === text.length) return true;
  } while (text[at++] === ',');
  return false;
}

/** Where the token that begins at `from` ends; -1 when there is none. */
function endOf(token: RegExp, text: string, from: number): number {
  token.lastIndex = from;
  return token.test(text) ? token.lastIndex : -1;
}

// The bodies of the balancer's own error responses: pages of the configuration file, or JSON with one sentence.
import { STATUS_CODES } from 'node:http';
import type { Problem } from '@fairlead/contracts';
import type { ErrorPage } from '@fairlead/traffic-config';
import Negotiator from 'negotiator';

/** What is said of one error. */
export interface ErrorFacts {
  readonly status: number;
  readonly message: string;
  /** Undefined: it has none. */
  readonly requestId: string | undefined;
}

/** A body with what the head says of it. */
export interface ErrorBody {
  readonly contentType: string;
  readonly text: string;
  /** Whether another request may get it in another form: the response says `Vary: Accept` then. */
  readonly isNegotiated: boolean;
}

const JSON_TYPE = 'application/json';
const HTML_TYPE = 'text/html';
const PLACEHOLDER = /\{\{\s*(status|message|requestId)\s*\}\}/g;

type MakeBody = (facts: ErrorFacts) => ErrorBody;

/** The pages of one status, by media type, the one that is preferred first. */
type Pages = ReadonlyMap<string, MakeBody>;

/** The pages of a thread. There is one: {@link errorPages}. */
export class ErrorPages {
  private byStatus: ReadonlyMap<number, Pages> = new Map();

  /** Replaces all pages. */
  replace(pages: readonly ErrorPage[]): void {
    this.byStatus = new Map(pages.map((page) => [page.status, pagesOf(page)]));
  }

  /** Whether the body of an error depends on the `Accept` of its request. */
  isNegotiated(status: number): boolean {
    return this.byStatus.has(status);
  }

  /**
   * The body of an error.
   *
   * @param accept the header of that name (RFC 9110 §12.5.1); undefined if there is none, or it is not known.
   */
  bodyOf(facts: ErrorFacts, accept: string | undefined): ErrorBody {
    const pages = this.byStatus.get(facts.status);
    if (!pages) return defaultBody(facts);
    const types = [...pages.keys()];
    const accepted = accept === undefined ? undefined : new Negotiator({ headers: { accept } }).mediaType(types);
    // The client gets to know what is wrong, even if it accepts neither.
    const page = pages.get(accepted ?? types[0]) ?? defaultBody;
    return { ...page(facts), isNegotiated: true };
  }
}

/** This thread's: the responses of all lanes, and those before any lane, have the same pages. */
export const errorPages = new ErrorPages();

function defaultBody({ status, message }: ErrorFacts): ErrorBody {
  const problem: Problem = { statusCode: status, error: STATUS_CODES[status] ?? 'Error', message };
  return { contentType: JSON_TYPE, text: `${JSON.stringify(problem)}\n`, isNegotiated: false };
}

/** Where there is only HTML, a client that prefers JSON gets the default. */
function pagesOf({ html, json }: ErrorPage): Pages {
  const pages: [string, MakeBody][] = [];
  if (json !== undefined) pages.push([JSON_TYPE, pageOf(json, JSON_TYPE, escapeJson)]);
  if (html !== undefined) pages.push([HTML_TYPE, pageOf(html, `${HTML_TYPE}; charset=utf-8`, escapeHtml)]);
  if (json === undefined) pages.push([JSON_TYPE, defaultBody]);
  return new Map(pages);
}

function pageOf(template: string, contentType: string, escape: (text: string) => string): MakeBody {
  return ({ status, message, requestId = '' }) => {
    const values: Readonly<Record<string, string>> = { status: String(status), message, requestId };
    // A function: `$&` in a value is text.
    const text = template.replace(PLACEHOLDER, (_, name: string) => escape(values[name]));
    return { contentType, text, isNegotiated: true };
  };
}

/** As a part of a JSON string. */
function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** As text, and as the value of a quoted attribute. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

// A route as the file has it.
import { demandSchema } from '@fairlead/contracts';
import { z } from 'zod';
import { LIMITS } from '../limits.js';
import { anyText, bytes, clientKey, decimal, duration, nameSchema, oneOf, ratio, text, wholeNumber } from './fields.js';
import { matchedHost, namedHost } from './hosts.js';
import { list, mapping, oneOrMany, optional, required } from './mapping.js';
import { literalPath, pathSchema } from './paths.js';

const METHOD_FORM = 'must be a method in capitals, such as GET';
const method = text(/^[A-Z][A-Z0-9-]{0,31}$/, METHOD_FORM);

const VALUE_FORM = 'must be a text; "*" stands for any value';
/** A text. YAML reads `1` and `true` as others, but headers and parameters have only texts. */
const scalarText = (allowed: string) => z.union([z.string(), z.number(), z.boolean()], allowed).transform(String);
const conditions = (of: string, example: string) =>
  z.record(z.string(), scalarText(VALUE_FORM), `must be a mapping of ${of} to values, such as ${example}`);

/** What a route matches. */
const match = mapping({
  host: optional(matchedHost, 'Host, `*.example.com` for all names below it', 'any host'),
  hosts: optional(list(matchedHost, 'hosts', 1), 'Several hosts: one of them has to match'),
  path: optional(
    pathSchema,
    'Path: `/login`, `/api/*` (a prefix), `/users/:id` (a pattern), or a mapping with one of these fields',
    'any path',
  ),
  method: optional(method, 'Method', 'any method'),
  methods: optional(list(method, 'methods', 1), 'Several methods: one of them has to match'),
  headers: optional(conditions('names', '{x-canary: on}'), 'Values of header fields; `"*"` for any value'),
  query: optional(conditions('names', '{version: 2}'), 'Values of parameters of the query; `"*"` for any value'),
});

const weightedPool = mapping({
  pool: required(anyText('must be the name of a pool'), 'Name of the pool'),
  weight: required(
    decimal(0, 1_000_000),
    'Share of the requests that the pool gets: its weight divided by the sum of all weights',
  ),
});

const REDIRECT_STATUSES = [301, 302, 303, 307, 308] as const;
const REDIRECT_FORM = `must be one of ${REDIRECT_STATUSES.join(', ')}`;

const redirect = mapping({
  status: optional(z.literal(REDIRECT_STATUSES, REDIRECT_FORM), `Status: ${REDIRECT_STATUSES.join(', ')}`, '307'),
  scheme: optional(oneOf(['http', 'https']), 'Scheme: http or https', "the client's"),
  host: optional(namedHost, 'Host, with a port if needed', "the client's"),
  path: optional(literalPath, 'Path; the query is kept', "the client's"),
  replacePrefix: optional(literalPath, 'What replaces the prefix that the route matches'),
});

const MAX_BODY_CHARACTERS = 65_536;
const BODY_FORM = `must be a text of at most ${MAX_BODY_CHARACTERS} characters`;
const CONTENT_TYPE_FORM = 'must be a media type such as text/html; charset=utf-8';

const respond = mapping({
  status: required(wholeNumber(200, 599), 'Status of the response'),
  contentType: optional(
    text(/^[\w.+-]+\/[\w.+-]+( ?; ?[\w.+-]+=[\w.+-]+)*$/, CONTENT_TYPE_FORM),
    'Content-Type of the body',
    'text/plain; charset=utf-8',
  ),
  body: optional(anyText(BODY_FORM).max(MAX_BODY_CHARACTERS, BODY_FORM), 'Body of the response', 'empty'),
});

const HEADER_VALUE_FORM = 'must be the value of a header field';
const headerValue = scalarText(HEADER_VALUE_FORM);
const headers = <Value extends z.ZodType>(value: Value) =>
  z.record(z.string(), value, 'must be a mapping of names to values, such as {x-env: production}');

const headerChanges = mapping({
  set: optional(headers(headerValue), 'Header fields that replace those of the same name'),
  add: optional(
    headers(oneOrMany(headerValue, 'must be the value of a header field, or a list of values')),
    'Header fields that are added to those of the same name',
  ),
  remove: optional(
    oneOrMany(anyText('must be the name of a header field'), 'must be the name of a header field, or a list of names'),
    'Names of header fields that are removed',
  ),
});

/** One entry of `routes`. */
export const routeSchema = mapping({
  name: optional(nameSchema, 'Unique name', 'route-1 for the first route, and so on'),
  match: optional(match, 'Conditions that a request must meet, all of them', 'all requests'),
  pool: optional(anyText('must be the name of a pool'), 'The pool that serves the requests'),
  pools: optional(list(weightedPool, 'pools with weights', 1), 'Several pools that share the requests by weight'),
  stable: optional(
    clientKey,
    'What keeps a client on one of several pools: client, header:name or cookie:name',
    'nothing',
  ),
  redirect: optional(redirect, 'Sends clients elsewhere'),
  respond: optional(respond, 'A fixed response'),
  demand: optional(demandSchema, 'Demand of each request, units by resource', 'as without a route'),
  timeouts: optional(
    mapping({
      attempt: optional(
        duration(...LIMITS.attemptTimeoutSeconds),
        'How long a backend has to begin a response before an idempotent request is retried on another',
        'ATTEMPT_TIMEOUT_SECONDS',
      ),
      request: optional(
        duration(...LIMITS.requestTimeoutSeconds),
        'How long a request may wait for a response to begin, over all attempts',
        'REQUEST_TIMEOUT_SECONDS',
      ),
      idle: optional(
        duration(...LIMITS.idleTimeoutSeconds),
        'How long a body may make no progress',
        'STREAM_IDLE_TIMEOUT_SECONDS',
      ),
    }),
    'Time limits',
  ),
  retries: optional(
    mapping({
      maxAttempts: optional(
        wholeNumber(...LIMITS.attempts),
        'Attempts per request, including the first',
        'MAX_ATTEMPTS',
      ),
    }),
    'Retries',
  ),
  limits: optional(
    mapping({
      body: optional(bytes(), 'Largest body of a request, such as 10MB; 0: no limit', 'maxBodyBytes of TRAFFIC_LIMITS'),
      rate: optional(
        decimal(0.1, 1_000_000),
        'Requests per second of one client, divided between the live balancers of a cluster',
        'no limit of its own',
      ),
      burst: optional(
        wholeNumber(1, 1_000_000),
        'Requests of one client that may come at once, divided likewise, at least 1',
        'those of one second',
      ),
    }),
    'Limits of the requests',
  ),
  rewrite: optional(
    mapping({
      stripPrefix: optional(z.boolean('must be true or false'), 'Whether the prefix that the route matches is removed'),
      replacePrefix: optional(literalPath, 'What replaces the prefix that the route matches'),
      host: optional(namedHost, 'What replaces Host'),
    }),
    'Changes of path and host on the way to the backend',
  ),
  requestHeaders: optional(headerChanges, 'Changes of the header fields of requests'),
  responseHeaders: optional(headerChanges, 'Changes of the header fields of responses'),
  mirror: optional(
    mapping({
      pool: required(anyText('must be the name of a pool'), 'The pool that gets the copies'),
      ratio: optional(ratio(), 'Part of the requests that is copied', '1'),
    }),
    'Copies requests to another pool; the responses to the copies are dropped',
  ),
  hold: optional(
    duration(0, 3_600),
    'How long a request waits in the queue while no backend of its pool can serve; 0: it gets 503 at once',
    '0',
  ),
});

/** See {@link routeSchema}. */
export type RouteInFile = z.output<typeof routeSchema>;

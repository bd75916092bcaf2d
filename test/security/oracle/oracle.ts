// Compares what clients sent with what backends received. Any disagreement is a desync: a request that one side sees and
// the other does not.
import { LENIENT_DIALECTS, STRICT } from './dialects.ts';
import { readRequests, type ReadRequest, type Reading } from './request-reader.ts';

/** What was sent and received, byte by byte, by connection. */
export interface Evidence {
  readonly sent: readonly string[];
  readonly received: readonly string[];
}

/** What does not agree, a sentence each. Empty: every request that a backend may have seen is one that a client sent. */
export function disagreements({ sent, received }: Evidence): string[] {
  const known = new Map<string, number>();
  const unfinished: ReadRequest[] = [];
  for (const text of sent) {
    const reading = readRequests(text, STRICT);
    for (const request of reading.requests) known.set(keyOf(request), (known.get(keyOf(request)) ?? 0) + 1);
    if (reading.unfinished) unfinished.push(reading.unfinished);
  }
  return received.flatMap((text) => [...ambiguities(text), ...unsentIn(readRequests(text, STRICT), known, unfinished)]);
}

/** Where a lenient reader understands the bytes of a connection differently from a strict one. */
function ambiguities(text: string): string[] {
  const strict = readRequests(text, STRICT);
  const [refusal = strict.problem] = strict.objections;
  if (refusal !== undefined) return [`a strict backend refuses what was forwarded: ${refusal}`];
  return LENIENT_DIALECTS.flatMap((dialect) => {
    const lenient = readRequests(text, dialect);
    if (JSON.stringify(lenient) === JSON.stringify(strict)) return [];
    return [`a backend where ${dialect.name} sees ${shown(lenient)} in place of ${shown(strict)}`];
  });
}

/** Requests of a backend's connection that no client sent; takes those it finds from `known`. */
function unsentIn(reading: Reading, known: Map<string, number>, unfinished: readonly ReadRequest[]): string[] {
  const problems = reading.requests.flatMap((request) => {
    const left = known.get(keyOf(request)) ?? 0;
    known.set(keyOf(request), left - 1);
    return left > 0 ? [] : [`a backend received ${shownRequest(request)}, which no client sent`];
  });
  const cut = reading.unfinished;
  if (cut === undefined || cut.method === '' || isPartOf(cut, known, unfinished)) return problems;
  return [...problems, `a backend received the beginning of ${shownRequest(cut)}, which no client sent`];
}

/** Whether a request that did not arrive whole is the beginning of one that a client sent. */
function isPartOf(cut: ReadRequest, known: ReadonlyMap<string, number>, unfinished: readonly ReadRequest[]): boolean {
  const begins = ({ method, target, body }: ReadRequest) =>
    method === cut.method && originForm(target, method) === originForm(cut.target, method) && body.startsWith(cut.body);
  return unfinished.some(begins) || [...known.keys()].some((key) => begins(JSON.parse(key) as ReadRequest));
}

function keyOf({ method, target, body }: ReadRequest): string {
  return JSON.stringify({ method, target: originForm(target, method), body });
}

/** A target in absolute-form is forwarded in origin-form, byte for byte (RFC 9112 §3.2.2, §3.2.4). */
function originForm(target: string, method: string): string {
  const [, rest] = /^https?:\/\/[^/?]*(.*)$/i.exec(target) ?? [];
  if (rest === undefined || rest.startsWith('/')) return rest ?? target;
  return rest === '' && method === 'OPTIONS' ? '*' : `/${rest}`;
}

/** A reading in a few words. */
function shown({ requests, unfinished, problem }: Reading): string {
  const parts = requests.map(shownRequest);
  if (unfinished) parts.push(`the beginning of ${shownRequest(unfinished)}`);
  if (problem !== undefined) parts.push(`an error (${problem})`);
  return parts.join(', ') || 'nothing';
}

const SHOWN_CHARACTERS = 60;

/** A request as the tables of the cases write it: `POST /a hello`. */
export function shownRequest({ method, target, body }: ReadRequest): string {
  return shortened([method, target, ...(body === '' ? [] : [body])].join(' '));
}

/** Text in one line, without its end if it is long. */
export function shortened(text: string): string {
  const isLong = text.length > SHOWN_CHARACTERS;
  return JSON.stringify(isLong ? `${text.slice(0, SHOWN_CHARACTERS)}… (${text.length})` : text).slice(1, -1);
}

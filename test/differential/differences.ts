// Every allowed difference between the lanes, with its reason. Everything else must be equal byte for byte.
import { statusOf, valuesOf, type Field, type Message } from './messages.js';
import type { Transcript } from './wire-client.js';

/** The observable results of one case on one balancer. */
export interface Observation extends Pick<Transcript, 'answers' | 'ending' | 'leftover' | 'unsent' | 'beforePieces'> {
  /** The requests that the backend received. */
  readonly received: readonly Message[];
}

/** One difference, and how it is levelled before the comparison. */
export interface Difference {
  readonly what: string;
  readonly why: string;
  readonly level: (observation: Observation) => Observation;
}

/** Stands for the body of a response that breaks off: its length is left out. */
const CUT = '<cut>';
/** Fields that every hop writes itself, and those whose spelling a client library may choose. */
const SPELT_FREELY =
  /^(?:host|content-length|transfer-encoding|connection|keep-alive|date|expect|te|trailer|upgrade)$/i;
/** Fields that the balancer adds itself. */
const OWN_FIELDS =
  /^(?:date|connection|keep-alive|transfer-encoding|trailer|te|via|x-forwarded-(?:for|proto|host)|forwarded|x-request-id|compute|storage|fairlead-.*)$/i;

const ofAnswers = (level: (answer: Message) => Message) => (observation: Observation) => ({
  ...observation,
  answers: observation.answers.map(level),
});
const ofAll = (level: (message: Message) => Message) => (observation: Observation) => ({
  ...observation,
  answers: observation.answers.map(level),
  received: observation.received.map(level),
});
const ofFields = (level: (fields: readonly Field[]) => readonly Field[]) => (message: Message) => ({
  ...message,
  fields: level(message.fields),
});

/** The list. Two more things never reach it: the sizes of chunks (RFC 9112 §7.1), and how the bytes are dealt to packets. */
const DIFFERENCES: readonly Difference[] = [
  {
    what: 'the time of day in Date',
    why: 'the balancers respond at different moments; a Date that came from the backend is compared',
    level: ofAnswers(ofFields((fields) => fields.map(([name, value]) => [name, isNow(name, value) ? '<now>' : value]))),
  },
  {
    what: 'the name in Via',
    why: 'each process makes up one of its own, by which it knows its requests again',
    level: ofAll(ofFields((fields) => fields.map(([name, value]) => [name, nameless(value)]))),
  },
  {
    what: 'the id that a balancer gives a request',
    why: 'it is random; one that a trusted proxy gives is compared',
    level: ofAll(ofFields((fields) => fields.map(([name, value]) => [name, isNewId(name, value) ? '<id>' : value]))),
  },
  {
    what: 'the port in a Host that is the address of the backend',
    why: 'a request without a host gets that of the backend it is sent to, and each balancer has a backend of its own',
    level: ofAll(
      ofFields((fields) => fields.map(([name, value]) => [name, isBackend(name, value) ? '<backend>' : value])),
    ),
  },
  {
    what: 'whether a backend is told that its connection will be kept',
    why: 'which connection a request gets, and whether that is used again, is for each lane to decide; upgrades are compared',
    level: (observation) => ({ ...observation, received: observation.received.map(ofFields(withoutKeeping)) }),
  },
  {
    what: 'upper and lower case in the names of fields that belong to the connection or that frame the message',
    why: 'names are case-insensitive (RFC 9110 §5.1), and Node and http-proxy-middleware write these in their own way',
    level: ofAll(ofFields((fields) => fields.map(([name, value]) => [lowered(name), value]))),
  },
  {
    what: 'the order of the fields that the balancer adds itself, among themselves and among the others',
    why: 'the order of different fields means nothing (RFC 9110 §5.3), and Node puts some of its own first, some last',
    level: ofAll(ofFields(ownLast)),
  },
  {
    what: 'how much of a response that breaks off has reached the client',
    why: 'what was on its way when the balancer cut the connection may be lost; that it was cut must be seen in any case',
    level: ofAnswers((answer) => (answer.isWhole ? answer : { ...answer, body: CUT, trailers: [] })),
  },
  {
    what: 'the text of 502, 503 and 504 after the colon, and the milliseconds',
    why: "they quote Node's parser or the system's error, or state how long the balancer waited",
    level: ofAnswers(withoutWords),
  },
  {
    what: 'requests that the backend did not get whole',
    why: 'whether a request that is given up in the middle had begun to be forwarded is a matter of microseconds',
    level: (observation) => ({ ...observation, received: observation.received.filter(({ isWhole }) => isWhole) }),
  },
  {
    what: 'the response to a valid request when malformed bytes follow closely',
    why: "Node's parser reads ahead: its 400 closes the connection before or after the response to the valid request",
    level: withoutOvertaken,
  },
];

/** A form of response that Node's parser accepts and the fast lane rejects. */
export interface Leniency {
  readonly what: string;
  readonly why: string;
  readonly isIn: (bytes: string) => boolean;
}

/** Responses outside the fast lane's subset of HTTP/1.1 become 502 there, or are cut if they have begun. */
export const LENIENCIES: readonly Leniency[] = [
  {
    what: 'line ends before the status line',
    why: 'Node skips them; only a server may, before a request line (RFC 9112 §2.2)',
    isIn: (bytes) => /^[\r\n]+HTTP/.test(bytes),
  },
  {
    what: 'an interim response with a length or a coding',
    why: 'it must not have one (RFC 9110 §8.6, RFC 9112 §6.1); Node does not look',
    isIn: (bytes) => /^HTTP\/1\.1 1\d\d[^\r\n]*\r\n(?:[^\r\n]+\r\n)*(?:Content-Length|Transfer-Encoding):/i.test(bytes),
  },
  {
    what: 'a chunk size of more than 16 digits, zeros included',
    why: 'the fast lane reads no more of them; Node reads zeros without an end',
    isIn: (bytes) => /\r\n0[\da-f]{16,}[;\r]/i.test(bytes),
  },
  {
    what: 'a chunk extension without its name or its value',
    why: 'it has both, or a name alone (RFC 9112 §7.1.1); Node accepts either as empty',
    isIn: (bytes) => /\r\n[\da-f]+;(?:=[^\r\n]+|[^=;\r\n]+=)\r\n/i.test(bytes),
  },
];

/** Whether only the full lane accepts a response of these bytes. */
export function isTakenByNodeOnly(bytes: string): boolean {
  return LENIENCIES.some(({ isIn }) => isIn(bytes));
}

/** Whether the fast lane rejects such a response correctly: 502, or cut. */
export function isRefused({ answers }: Pick<Observation, 'answers'>): boolean {
  const last = answers.find((answer) => statusOf(answer) >= 200);
  return last !== undefined && (statusOf(last) === 502 || !last.isWhole);
}

/** An observation as it is compared. */
export function levelled(observation: Observation): Observation {
  return DIFFERENCES.reduce((seen, { level }) => level(seen), observation);
}

/** A response to what is no request, or came too late: a status, and the connection ends. */
function isBareError(answer: Message | undefined): boolean {
  if (answer === undefined || ![400, 408, 431, 501, 505].includes(statusOf(answer))) return false;
  return valuesOf(answer.fields, 'connection').join() === 'close';
}

/**
 * Whether what was seen when everything was sent at once follows from what was seen when each sending waited for the
 * previous response. Equality is one way. The other is {@link withoutOvertaken}: where malformed bytes close the connection, responses to
 * valid requests may be lost, and so may the 400. What follows a request that closes the connection is malformed, too.
 */
export function followsFrom(pipelined: Observation, oneByOne: Observation): boolean {
  const [atOnce, inTurn] = [pipelined, oneByOne].map(({ answers, received }) => ({
    answers: answers.map((answer) => (isBareError(answer) ? bare(answer) : comparable(answer))),
    received: received.map(comparable).sort(),
  }));
  const isSameEnding = pipelined.ending === oneByOne.ending && pipelined.leftover === oneByOne.leftover;
  if (isSameEnding && JSON.stringify(atOnce) === JSON.stringify(inTurn)) return true;
  const isRefused = isBareError(oneByOne.answers.at(-1)) || oneByOne.unsent > 0;
  if (!isRefused || pipelined.ending !== 'closed' || pipelined.leftover !== '') return false;
  return (
    pipelined.answers.every(
      (answer, i) => inTurn.answers.includes(atOnce.answers[i]) || (oneByOne.unsent > 0 && isBareError(answer)),
    ) && atOnce.received.every((request) => inTurn.received.includes(request))
  );
}

function comparable(message: Message): string {
  return JSON.stringify(message);
}

/** Without its framing, which depends on whether it was taken for the response to a HEAD that it overtook. */
function bare({ startLine, fields }: Message): string {
  return JSON.stringify({ startLine, fields });
}

/** Whether malformed bytes closely followed a valid request, which may then be logged as served or as aborted. */
export function mayBeOvertaken({ answers, beforePieces }: Observation): boolean {
  return beforePieces !== undefined && isBareError(answers.at(-1));
}

function withoutOvertaken(observation: Observation): Observation {
  const { answers, received, beforePieces } = observation;
  const last = answers.at(-1);
  if (!beforePieces || !last || !mayBeOvertaken(observation)) return observation;
  return {
    ...observation,
    answers: [...answers.slice(0, beforePieces.answers), last],
    received: received.slice(0, beforePieces.received),
  };
}

function isNow(name: string, value: string): boolean {
  return name.toLowerCase() === 'date' && Math.abs(Date.parse(value) - Date.now()) < 3_600_000;
}

function isNewId(name: string, value: string): boolean {
  return /^x-request-id$/i.test(name) && /^[0-9a-f]{32}$/.test(value);
}

function withoutKeeping(fields: readonly Field[]): Field[] {
  return fields.filter(
    ([name, value]) => name.toLowerCase() !== 'connection' || !/^(?:keep-alive|close)$/i.test(value),
  );
}

function isBackend(name: string, value: string): boolean {
  return name.toLowerCase() === 'host' && /^127\.0\.0\.1:\d+$/.test(value);
}

function nameless(value: string): string {
  return value.replaceAll(/fairlead-(?!0{8})[0-9a-f]{8}/g, 'fairlead-<name>');
}

function lowered(name: string): string {
  return SPELT_FREELY.test(name) ? name.toLowerCase() : name;
}

function ownLast(fields: readonly Field[]): Field[] {
  const own = fields.filter(([name]) => OWN_FIELDS.test(name));
  const others = fields.filter(([name]) => !OWN_FIELDS.test(name));
  return [...others, ...own.sort(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))];
}

function withoutWords(answer: Message): Message {
  if (![502, 503, 504].includes(statusOf(answer))) return answer;
  // For HEAD there is only the length of the text; a response of a backend carries a Via.
  const isHead = answer.framing === 'none' && answer.fields.every(([name]) => name !== 'Via');
  if (!isHead && !answer.body.startsWith('{"statusCode"')) return answer;
  const body = answer.body.replace(/("message":"[^:"]*)(?::(?:[^"\\]|\\.)*)?"/, '$1"').replace(/\d+ ms/, '<n> ms');
  const fields = answer.fields.map(([name, value]): Field => [name, name === 'content-length' ? '<n>' : value]);
  return { ...answer, body, fields };
}

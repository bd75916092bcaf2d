// A client that sends raw bytes and reports the received messages.
import { connect, type Socket } from 'node:net';
import type { RequestCase } from './corpus.js';
import { head } from './corpus.js';
import { readMessage, statusOf, valuesOf, type Message } from './messages.js';

/** What a client saw on one connection. */
export interface Transcript {
  readonly answers: readonly Message[];
  /** `kept`: one more request got a response; `silent`: it got none, and the connection stayed open. */
  readonly ending: 'kept' | 'closed' | 'silent';
  /** Bytes received that belong to no response. */
  readonly leftover: string;
  /** Sendings that were not sent, the connection being closed already. */
  readonly unsent: number;
  /** What was there when the last thing began that was sent in several writes; undefined where there was no such thing. */
  readonly beforePieces: Before | undefined;
}

/** Counts at the beginning of a step: responses to the client, requests to the backend. */
export interface Before {
  readonly answers: number;
  readonly received: number;
}

/** The request that shows whether a connection is still of use, and what a backend echoes to it. */
const LAST_REQUEST = head('GET /after HTTP/1.1', ['Host: after']);
const LAST_BODY = 'GET /after';
/** Longer than any deadline that is set in these tests: only a balancer that hangs is silent for so long. Milliseconds. */
const SILENCE_MS = 60_000;

export class WireClient {
  readonly answers: Message[] = [];
  isClosed = false;
  private text = '';
  private finals = 0;
  private readonly methods: string[] = [];
  private wake: (() => void) | undefined;

  private constructor(readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      this.text += chunk.toString('latin1');
      this.readOn();
    });
    socket.on('close', () => {
      this.isClosed = true;
      this.readOn();
    });
  }

  static async open(port: number): Promise<WireClient> {
    const socket = connect({ port, host: '127.0.0.1' });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new WireClient(socket);
  }

  /** Sends `bytes`; with a method, they are a request that gets a response. */
  send(bytes: string, ...methods: readonly string[]): void {
    this.methods.push(...methods);
    if (!this.isClosed) this.socket.write(bytes, 'latin1');
  }

  /** Waits until it is so, or the connection is closed. Returns whether either happened. */
  async until(isSo: () => boolean, withinMs = SILENCE_MS): Promise<boolean> {
    const deadline = setTimeout(() => this.wake?.(), withinMs);
    const endsAt = performance.now() + withinMs;
    while (!isSo() && !this.isClosed && performance.now() < endsAt - 1) {
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    clearTimeout(deadline);
    return isSo() || this.isClosed;
  }

  /** Number of final responses so far. */
  get answeredCount(): number {
    return this.finals;
  }

  /** Whether the last response said that the connection ends with it. */
  get isLast(): boolean {
    const last = this.answers.at(-1);
    return last !== undefined && valuesOf(last.fields, 'connection').join().toLowerCase().includes('close');
  }

  get hasLastAnswer(): boolean {
    return this.answers.at(-1)?.body === LAST_BODY;
  }

  /** Ends the conversation and returns what was seen. */
  finish(unsent: number, isSilent: boolean, beforePieces?: Before): Transcript {
    const ending = isSilent ? 'silent' : this.isClosed ? 'closed' : 'kept';
    this.socket.destroy();
    return { answers: this.answers, ending, leftover: this.text, unsent, beforePieces };
  }

  private readOn(): void {
    for (;;) {
      const answerTo = this.methods[this.finals] ?? 'GET';
      const reading = this.text === '' ? undefined : readMessage(this.text, { answerTo, hasEnded: this.isClosed });
      if (!reading) break;
      this.text = reading.rest;
      this.answers.push(reading.message);
      const status = statusOf(reading.message);
      if (status >= 200 || status === 101 || status === 0) this.finals++;
    }
    this.wake?.();
  }
}

/**
 * Resolves when the event loop of the balancer has gone round several times, in which it has read what was sent to it before,
 * and a backend what the balancer had sent. No event signals this, but the balancer itself responds to `OPTIONS *`.
 */
export async function eventLoopRounds(port: number, rounds = 3): Promise<void> {
  const client = await WireClient.open(port);
  await goRound(client, rounds);
  client.finish(0, false);
}

/** The same over a connection that is open already, and is used for nothing else. */
export async function goRound(client: WireClient, rounds = 3): Promise<void> {
  const before = client.answeredCount;
  for (let round = 1; round <= rounds; round++) {
    client.send(head('OPTIONS * HTTP/1.1', ['Host: h']), 'OPTIONS');
    await client.until(() => client.answeredCount === before + round);
  }
}

/** Sends one thing after another, each when what is to be waited for has come, and at last one more request. */
export async function converse(
  port: number,
  { sendings }: RequestCase,
  receivedCount: () => number,
  beforeLast: () => Promise<void> = () => Promise.resolve(),
): Promise<Transcript> {
  const client = await WireClient.open(port);
  let before: Before | undefined;
  for (const [index, { bytes, awaits }] of sendings.entries()) {
    if (client.isClosed) return client.finish(sendings.length - index, false, before);
    const { answeredCount, answers } = client;
    const heardCount = answers.length;
    const isBeginning = index === 0 || sendings[index - 1].awaits === 'answer';
    if (isBeginning) before = awaits === 'nothing' ? { answers: heardCount, received: receivedCount() } : undefined;
    client.send(bytes, ...(isBeginning ? [methodOf(bytes)] : []));
    const isDone = () => (awaits === 'answer' ? client.answeredCount > answeredCount : answers.length > heardCount);
    if (awaits === 'nothing') await new Promise((resolve) => setImmediate(resolve));
    else if (!(await client.until(isDone))) return client.finish(sendings.length - index - 1, true, before);
    if (client.isLast && awaits !== 'nothing') await client.until(() => false);
  }
  await beforeLast();
  return lastOf(client, before);
}

/** Sends everything in one write; `withLast` says whether one more request follows. */
export async function pipeline(port: number, { sendings }: RequestCase, withLast: boolean): Promise<Transcript> {
  const client = await WireClient.open(port);
  const methods = sendings
    .filter((_, i) => i === 0 || sendings[i - 1].awaits === 'answer')
    .map(({ bytes }) => methodOf(bytes));
  const bytes = sendings.map((sending) => sending.bytes).join('');
  if (withLast) client.send(bytes + LAST_REQUEST, ...methods, 'GET');
  else client.send(bytes, ...methods);
  const hasEnded = await client.until(() => withLast && client.hasLastAnswer);
  return client.finish(0, !hasEnded);
}

/** Shows whether the connection is still of use. */
export async function lastOf(client: WireClient, before?: Before): Promise<Transcript> {
  if (!client.isClosed) client.send(LAST_REQUEST, 'GET');
  const hasEnded = await client.until(() => client.hasLastAnswer);
  return client.finish(0, !hasEnded, before);
}

/** The method of a request, as far as there is one. */
export function methodOf(bytes: string): string {
  return /^[\r\n]*(\S+)/.exec(bytes)?.[1] ?? 'GET';
}

// What connections and exchanges of the fast lane share.
import type { RequestHead, ResponseHead, Trailers } from '@fairlead/http1';
import type { ResourceSpace } from '@fairlead/scheduling';
import type { Socket } from 'node:net';
import type { RequestReader } from '../request/request-reader.js';
import type { ExchangeFactory } from '../exchange/exchange-factory.js';
import type { DemandLines, LastLines } from './wire-headers.js';
import type { FastLaneExchange } from './contracts.js';
import type { LaneLimits } from '../exchange/attempt-loop.js';
import type { WriteBuffer } from './write-buffer.js';
import type { IndexedSet, IndexedSetMember } from '../io/indexed-set.js';
import type { UpstreamPool } from './upstream-connections.js';

/** Something that is to be looked after when its time has come. */
export interface Wakeable extends IndexedSetMember {
  /** Coarse milliseconds. */
  readonly wakesAtMs: number;
  wake(): void;
}

/** A client's connection, as the lane keeps it. */
export interface HeldConnection {
  readonly socket: Socket;
  /** Whether nothing is asked or answered. */
  readonly isIdle: boolean;
  /** When {@link close} is due. Coarse milliseconds. */
  readonly closesAtMs: number;
  close(): void;
}

export interface FastLaneContext {
  readonly desk: ExchangeFactory;
  readonly requests: RequestReader;
  readonly pool: UpstreamPool;
  readonly limits: LaneLimits;
  readonly resources: ResourceSpace;
  readonly demandLines: DemandLines;
  readonly retryBufferBytes: number;
  /** An exchange for a request. */
  acquireExchange(): FastLaneExchange;
  /** It is over: another request may have it. */
  recycle(exchange: FastLaneExchange): void;
  readonly headerTimeoutMs: number;
  readonly keepAliveMs: number;
  /** What answers say of a connection that is kept. */
  readonly keepAliveLines: LastLines;
  /** Where messages are put together. */
  readonly writeBuffer: WriteBuffer;
  /** Connections that are this lane's. */
  readonly connections: Set<HeldConnection>;
  /** Exchanges under way. */
  readonly active: IndexedSet<Wakeable>;
  /** Frame whatever comes whole; whoever has an incomplete head borrows the object it is in. */
  readonly requestHead: RequestHead;
  readonly responseHead: ResponseHead;
  readonly trailers: Trailers;
  /** Coarse time, milliseconds, and the same as a `Date` field has it. */
  readonly nowMs: number;
  readonly date: string;
  /** Every answer is the last one on its connection. */
  readonly isClosing: boolean;
  /** The head object is the borrower's from now on. */
  detachRequestHead(): RequestHead;
  detachResponseHead(): ResponseHead;
  /** Gives a connection to the full lane, from `bytes` on. */
  handOver(socket: Socket, bytes: Buffer): void;
}

// What the threads of the data plane are told of the cluster, in memory that all threads share. The main thread writes,
// the data plane reads.
import { Injectable } from '@nestjs/common';

const VALID_UNTIL = 0;
const LIVE_BALANCERS = 1;

/** A balancer with a registry of its own is a cluster of one, whose fleet is always valid. */
@Injectable()
export class ClusterFacts {
  private readonly cells: Float64Array;

  /** @param buffer of another thread; a new one when absent. */
  constructor(readonly buffer = newBuffer()) {
    this.cells = new Float64Array(buffer);
  }

  /**
   * Until when requests may be placed on the fleet that was published last, seconds of the clock that all threads share
   * (`sharedSecondsFromMs`). Infinity: without limit. After it, requests wait for a later time to be set here.
   *
   * It may be set only once the fleet that it confirms was sent to the threads, as it was after `await
   * acknowledgement.whenAcknowledged()`; `FleetValidity` does the rest. It counts from the time at which the confirmation was asked for: a process may be suspended before it
   * reads the reply.
   */
  get validUntilSeconds(): number {
    return this.cells[VALID_UNTIL];
  }

  set validUntilSeconds(seconds: number) {
    this.cells[VALID_UNTIL] = seconds;
  }

  /** The balancers that serve the fleet now, this one included: at least 1. */
  get liveBalancers(): number {
    return this.cells[LIVE_BALANCERS];
  }

  set liveBalancers(count: number) {
    this.cells[LIVE_BALANCERS] = Math.max(1, count);
  }
}

function newBuffer(): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(2 * Float64Array.BYTES_PER_ELEMENT);
  new Float64Array(buffer).set([Infinity, 1]);
  return buffer;
}

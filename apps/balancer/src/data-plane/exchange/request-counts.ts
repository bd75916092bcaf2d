// Counts how long a request took and how many bytes it had, when it ends.
import type { ThreadCounts } from '@fairlead/scheduling';
import type { RequestDetails } from '../../metrics/request-log.js';
import type { PoolCounts } from '../../metrics/request-table.js';

/** Counts a request that ended with this status. Times in monotonic milliseconds. */
export function countEnd(
  thread: Pick<ThreadCounts, 'bytesReceived' | 'bytesSent'>,
  pool: PoolCounts,
  details: RequestDetails,
  startedAtMs: number,
  status: number,
  endedAtMs: number,
): void {
  // An upgraded connection lasts as long as both ends want.
  if (status === 101) pool.recordFirstByte(startedAtMs, details.firstByteAtMs);
  else pool.record(startedAtMs, details.firstByteAtMs, endedAtMs);
  thread.bytesReceived += details.bytesIn;
  thread.bytesSent += details.bytesOut;
}

// What is measured of the threads. With `DATA_PLANE_THREADS=0`, the main thread serves clients, and is thread 0 too.
import type { LoadTable, ThreadCount } from '@fairlead/scheduling';
import type { EventLoopReading } from '../event-loop-meter.js';
import type { CollectedMetrics, Sample } from './collected-metrics.js';

const MAIN = 'main';

/** Adds the metrics of threads. `main` reads the event loop of the main thread. */
export function addThreadMetrics(
  metrics: CollectedMetrics,
  table: LoadTable,
  threads: number,
  main: () => EventLoopReading,
): void {
  const each = (count: ThreadCount, ofMain?: (reading: EventLoopReading) => number) => (): Sample[] => {
    const samples = table.rows.map(({ counts }, thread): Sample => [{ thread: String(thread) }, counts[count]]);
    return ofMain ? [[{ thread: MAIN }, ofMain(main())], ...samples] : samples;
  };
  metrics.gauge('fairlead_data_plane_threads', 'Threads that serve clients beside the main thread', [], () => [
    [{}, threads],
  ]);
  metrics.counter(
    'fairlead_thread_requests_total',
    'Requests for which a pool was chosen, by thread of the data plane',
    ['thread'],
    each('taken'),
  );
  metrics.gauge(
    'fairlead_event_loop_delay_mean_seconds',
    'How late the event loop of a thread was in the last second, on average; thread="main" is the control plane',
    ['thread'],
    each('loopDelayMean', ({ meanSeconds }) => meanSeconds),
  );
  metrics.gauge(
    'fairlead_event_loop_delay_max_seconds',
    'How late the event loop of a thread was in the last second at most',
    ['thread'],
    each('loopDelayMax', ({ maxSeconds }) => maxSeconds),
  );
  metrics.gauge(
    'fairlead_event_loop_utilization_ratio',
    'Which part of the last second the event loop of a thread was busy, 0 to 1',
    ['thread'],
    each('loopUtilization', ({ utilization }) => utilization),
  );
}

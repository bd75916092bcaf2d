// The backends that all contenders share: real processes that emulate the work of each request.
import { fileURLToPath } from 'node:url';
import type { BackendAddress } from '../contenders/contender.js';
import { freePorts, OwnProcess } from '../contenders/processes.js';

/** The built reference backend. */
export const BACKEND = fileURLToPath(new URL('../../dist/apps/backend/src/main.js', import.meta.url));
const TRUE_DEMAND = new URL('true-demand.ts', import.meta.url).href;

/** Nothing listens on the discard port: the benchmark registers these backends, not they themselves. */
const NO_BALANCER = 'http://127.0.0.1:9';

/** A running fleet. */
export interface RunningFleet {
  readonly backends: readonly BackendAddress[];
  readonly stop: () => Promise<void>;
}

/** Starts a backend for each capacity, and waits until all listen. */
export async function startFleet(capacities: readonly (readonly number[])[]): Promise<RunningFleet> {
  const ports = await freePorts(capacities.length);
  const backends = capacities.map((capacity, b) => ({ id: `backend-${b + 1}`, port: ports[b], capacity }));
  const processes = backends.map((backend) => start(backend));
  const stop = async () => void (await Promise.all(processes.map((each) => each.stop())));
  try {
    await Promise.all(processes.map((each, b) => each.listening(ports[b])));
  } catch (error) {
    await stop();
    throw error;
  }
  return { backends, stop };
}

/** The capacities already include the time scale, so declared and real capacity are the same. */
function start({ id, port, capacity: [compute, storage] }: BackendAddress): OwnProcess {
  return OwnProcess.start(id, process.execPath, ['--import', TRUE_DEMAND, BACKEND], {
    BACKEND_ID: id,
    BACKEND_HOST: '127.0.0.1',
    BACKEND_PORT: String(port),
    BALANCER_URL: NO_BALANCER,
    COMPUTE_CAPACITY: String(compute),
    STORAGE_CAPACITY: String(storage),
    WORK_SCALE: '1',
    LOG_LEVEL: 'silent',
  });
}

// The supervisor over scripted threads that serve no requests.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoadTable } from '@fairlead/scheduling';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { loadBalancerConfig } from '../config/balancer.config.js';
import { NOT_LISTENING } from '../data-plane/data-plane.js';
import { ClientTable } from '../data-plane/limits/client-table.js';
import { RequestTable } from '../metrics/request-table.js';
import { NO_MATERIAL } from '../tls/backend-connector.fixture.js';
import { BackendCredentials } from '../tls/backend-credentials.js';
import { ServerCredentials } from '../tls/server-credentials.js';
import { AddressWarnings } from '../data-plane/request/address-warnings.js';
import { EventLog } from '../registry/event-log.js';
import { emptyFleet } from '../registry/store/store.fixture.js';
import { RegistryService } from '../registry/registry.service.js';
import { ClusterFacts } from '../registry/snapshot/cluster-facts.js';
import { SharedState } from './shared-state.js';
import { WorkerSupervisor } from './worker-supervisor.js';
import { OPERATOR } from '../registry/registry.fixture.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';

/** A thread that exits at a disconnect of the slot with its number. The third one to start exits at once. */
function scriptWith(folder: string): URL {
  const code = `
    import { appendFileSync, statSync } from 'node:fs';
    import { parentPort } from 'node:worker_threads';
    const starts = ${JSON.stringify(join(folder, 'starts'))};
    appendFileSync(starts, '.');
    if (statSync(starts).size === 3) process.exit(9);
    let thread;
    parentPort.on('message', (message) => {
      if (message.kind === 'init') {
        thread = message.data.thread;
        parentPort.postMessage({ kind: 'ready' });
      }
      const address = { address: '127.0.0.1', family: 'IPv4', port: 4711 };
      if (message.kind === 'fleet') parentPort.postMessage({ kind: 'snapshot-acknowledged', version: message.version });
      if (message.kind === 'listen') parentPort.postMessage({ kind: 'listening', addresses: { plain: address } });
      if (message.kind === 'disconnect' && message.slot === thread) process.exit(5);
      if (message.kind === 'close') process.exit(0);
    });
  `;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}

/** No inherited sockets: the threads bind the ports. */
const NOTHING_INHERITED = { plain: [], tls: [] };

describe('WorkerSupervisor', () => {
  let folder: string;
  let logged: string[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-threads-'));
    logged = [];
    for (const level of ['log', 'warn', 'error'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation((...words: unknown[]) => void logged.push(words.join(' ')));
    }
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
    rmSync(folder, { recursive: true });
  });

  function aSupervisor(script: URL) {
    const config = loadBalancerConfig({ REGISTRY_FILE: 'none', DATA_PLANE_THREADS: '2', DATA_PLANE_PORT: '0' });
    const shape = { resourceCount: 2, slotCount: config.MAX_BACKENDS, writerCount: 2 };
    const table = new LoadTable(shape);
    const traffic = new CurrentTraffic(config);
    const registry = new RegistryService(table, new EventLog(), emptyFleet(), traffic, config);
    return {
      plane: new WorkerSupervisor(
        registry,
        new SharedState(
          table,
          new RequestTable(2),
          new ClientTable(2),
          new AddressWarnings(),
          new ClusterFacts(),
          new ServerCredentials(undefined),
          new BackendCredentials(NO_MATERIAL),
          traffic,
          undefined,
        ),
        config,
        script,
      ),
      table,
      registry,
    };
  }

  it('fails to start when a thread hangs before it is ready', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { plane } = aSupervisor(new URL('data:text/javascript,for (;;);'));
    plane.onModuleInit();
    const listening = expect(plane.listen(NOTHING_INHERITED)).rejects.toThrow(
      'a worker thread of the data plane ended',
    );
    vi.advanceTimersByTime(39_900);
    expect(logged.join('\n')).not.toContain('terminated');
    vi.advanceTimersByTime(100);
    await listening;
    expect(logged).toContain('thread 0 has not responded for 10 s: it is terminated');
  });

  it('replaces a thread that dies, also when the first replacement fails, and releases its reservations', async () => {
    const { plane, table, registry } = aSupervisor(scriptWith(folder));
    // The scripted threads have no heartbeat.
    const beating = setInterval(() => table.rows.forEach(({ liveness }) => liveness.beat()), 100);
    onTestFinished(() => clearInterval(beating));
    plane.onModuleInit();
    expect(plane.unreadyReason).toBe(NOT_LISTENING);
    await plane.listen(NOTHING_INHERITED);
    expect([plane.unreadyReason, plane.ports.plain]).toEqual([undefined, 4711]);

    const more = { pool: 'default', pingPath: undefined, leaseSeconds: undefined, labels: {}, maxInFlight: undefined };
    const spec = { url: 'http://127.0.0.1:1', capacity: Float64Array.of(1, 1), ...more };
    registry.register({ id: 'a', ...spec }, OPERATOR);
    const { backend } = registry.register({ id: 'b', ...spec, url: 'http://127.0.0.1:2' }, OPERATOR);
    expect(backend.slot).toBe(1);
    for (const row of table.rows) row.reserve(backend.slot, Float64Array.of(3, 4), 0);
    // A drain without time ends what is in flight on slot 1: the registry disconnects it, and the script of thread 1
    // exits.
    const inFlightWhenLogged = new Promise<number>((resolve) => {
      vi.spyOn(Logger.prototype, 'error').mockImplementation((words: unknown) => {
        logged.push(String(words));
        resolve(table.active(1));
      });
    });
    await registry.drain('b', 0);
    expect(await inFlightWhenLogged).toBe(1);
    await vi.waitFor(() => expect(logged.join('\n')).toContain('thread 1 was replaced'), { timeout: 10_000 });
    expect(logged.filter((words) => words.includes('could not be replaced'))).toHaveLength(1);
    expect([table.active(1), table.inFlight(1, 0), table.totalActive(), table.started(1)]).toEqual([1, 3, 1, 2]);
    expect(registry.acknowledgement.isAcknowledged).toBe(true);
    expect(plane.unreadyReason).toBeUndefined();

    const closed = plane.close();
    expect(plane.unreadyReason).toBe(NOT_LISTENING);
    await closed;
    expect(logged.filter((words) => words.includes('ended'))).toHaveLength(2);
  });
});

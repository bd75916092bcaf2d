// The supervisor of the threads, over threads that only do as if they served.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoadTable } from '@fairlead/scheduling';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadBalancerConfig } from '../config/balancer.config.js';
import { EventLog } from '../registry/event-log.js';
import { RegistryStore } from '../registry/store/registry-store.js';
import { RegistryService } from '../registry/registry.service.js';
import { WorkerSupervisor } from './worker-supervisor.js';

/** Exits when a slot is cut that has its number; the third thread to start exits at once. */
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
      if (message.kind === 'listen') parentPort.postMessage({ kind: 'listening', address });
      if (message.kind === 'disconnect' && message.slot === thread) process.exit(5);
      if (message.kind === 'close') process.exit(0);
    });
  `;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}

describe('the threads of the data plane', () => {
  let folder: string;
  let said: string[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-threads-'));
    said = [];
    for (const level of ['log', 'warn', 'error'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation((...words: unknown[]) => void said.push(words.join(' ')));
    }
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });

  it('are replaced when they die, also when the first replacement fails, and their reservations are given back', async () => {
    const config = loadBalancerConfig({ REGISTRY_FILE: 'none', DATA_PLANE_THREADS: '2', DATA_PLANE_PORT: '0' });
    const shape = { resourceCount: 2, slotCount: config.MAX_BACKENDS, writerCount: 2 };
    const table = new LoadTable(shape);
    const registry = new RegistryService(table, new EventLog(), new RegistryStore(config), config);
    const plane = new WorkerSupervisor(registry, table, config, scriptWith(folder));
    plane.onModuleInit();
    expect(plane.isReady).toBe(false);
    await plane.listen([]);
    expect([plane.isReady, plane.port]).toEqual([true, 4711]);

    const more = { pingPath: undefined, leaseSeconds: undefined, labels: {}, maxInFlight: undefined };
    const announced = { url: 'http://127.0.0.1:1', capacity: Float64Array.of(1, 1), ...more };
    registry.register({ id: 'a', ...announced });
    const { backend } = registry.register({ id: 'b', ...announced, url: 'http://127.0.0.1:2' });
    expect(backend.slot).toBe(1);
    for (const row of table.rows) row.reserve(backend.slot, Float64Array.of(3, 4));
    // Time is over at once for what is in flight on slot 1: so the registry cuts it, and the script of thread 1 exits.
    const inFlightWhenSaid = new Promise<number>((resolve) => {
      vi.spyOn(Logger.prototype, 'error').mockImplementation((words: unknown) => {
        said.push(String(words));
        resolve(table.active(1));
      });
    });
    await registry.drain('b', 0);
    expect(await inFlightWhenSaid).toBe(1);
    await vi.waitFor(() => expect(said.join('\n')).toContain('thread 1 was replaced'), { timeout: 10_000 });
    expect(said.filter((words) => words.includes('could not be replaced'))).toHaveLength(1);
    expect([table.active(1), table.inFlight(1, 0), table.totalActive(), table.started(1)]).toEqual([1, 3, 1, 2]);
    expect(registry.acknowledgement.isAcknowledged).toBe(true);
    expect(plane.isReady).toBe(true);

    const closed = plane.close();
    expect(plane.isReady).toBe(false);
    await closed;
    expect(said.filter((words) => words.includes('ended'))).toHaveLength(2);
  });
});

// Starts the balancer: reads the configuration, and has the threads load while the rest of it does.
import 'reflect-metadata';
import { ConfigurationError } from '@fairlead/configuration';
import { balancerConfig } from '../config/balancer.config.js';
import { inheritedSockets, requireSocketForEachThread } from './inherited-sockets.js';
import { DATA_PLANE_WORKER, preloadWorkers } from '../threads/worker-preload.js';

/** Resolves when clients are served, and ends the process when that cannot be. */
export async function launch(): Promise<void> {
  try {
    const config = balancerConfig();
    const inherited = inheritedSockets();
    requireSocketForEachThread(inherited, config);
    // One while the main thread loads; the others behind it, or on few cores nobody would serve before all are ready.
    preloadWorkers(DATA_PLANE_WORKER, Math.min(1, config.DATA_PLANE_THREADS));
    const { start } = await import('./start.js');
    await start(config, inherited);
  } catch (error) {
    const problem = error instanceof Error ? error : new Error(String(error));
    const text =
      problem instanceof ConfigurationError ? problem.message : `balancer could not start: ${problem.message}`;
    process.stderr.write(`${text}\n`);
    process.exit(1);
  }
}

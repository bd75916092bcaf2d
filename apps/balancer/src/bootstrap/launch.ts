// Launches the balancer: reads the configuration, and preloads a worker thread while the main thread loads its code.
import 'reflect-metadata';
import { startOrExit } from '@fairlead/configuration';
import { balancerConfig } from '../config/balancer.config.js';
import { processEnvironment, setVariables } from '../config/process-environment.js';
import { variablesOf } from './command-line.js';
import { inheritedSockets, requireSocketForEachThread } from './inherited-sockets.js';
import { DATA_PLANE_WORKER, preloadWorkers } from '../threads/worker-preload.js';

/** Resolves when the balancer accepts clients; ends the process with one message when it cannot start. */
export function launch(): Promise<void> {
  return startOrExit('balancer', processEnvironment(), async () => {
    // Before anything reads them, also in other threads.
    setVariables(variablesOf(process.argv.slice(2)));
    const config = balancerConfig();
    const inherited = inheritedSockets();
    requireSocketForEachThread(inherited, config);
    // Only one: on few cores, loading all threads at once would delay the first that serves.
    preloadWorkers(DATA_PLANE_WORKER, Math.min(1, config.DATA_PLANE_THREADS));
    const { start } = await import('./start.js');
    await start(config, inherited);
  });
}

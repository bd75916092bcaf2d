// Starts the balancer: reads the configuration, and loads the worker threads while the main thread loads.
import 'reflect-metadata';
import { startOrExit } from '@fairlead/configuration';
import { balancerConfig } from '../config/balancer.config.js';
import { inheritedSockets, requireSocketForEachThread } from './inherited-sockets.js';
import { DATA_PLANE_WORKER, preloadWorkers } from '../threads/worker-preload.js';

/** Resolves once clients are served; if the balancer cannot start, the process exits. */
export function launch(): Promise<void> {
  return startOrExit('balancer', async () => {
    const config = balancerConfig();
    const inherited = inheritedSockets();
    requireSocketForEachThread(inherited, config);
    // One while the main thread loads, the others later: on few cores, loading all at once would delay the first response.
    preloadWorkers(DATA_PLANE_WORKER, Math.min(1, config.DATA_PLANE_THREADS));
    const { start } = await import('./start.js');
    await start(config, inherited);
  });
}

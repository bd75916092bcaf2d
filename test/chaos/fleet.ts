// The fleet that most scenarios have: three backends that are equal.
import type { BackendOptions, ChaosBackend, Execution, Stage } from './scenario.ts';

/** Three backends, which listen. */
export function threeBackends(stage: Stage, options: BackendOptions = {}): Promise<ChaosBackend[]> {
  return Promise.all([1, 2, 3].map(() => stage.startBackend(options)));
}

/** What all of them executed. */
export function journalOf(backends: readonly ChaosBackend[]): Execution[] {
  return backends.flatMap((backend) => backend.journal());
}

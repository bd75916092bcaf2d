// A heat: one contender in front of one fleet at one load, from start to stop.
import { mkdir, writeFile } from 'node:fs/promises';
import { run, type Outcome, type Watch } from './client.js';
import type { BackendAddress, Contender } from '../contenders/contender.js';
import { freePorts, OwnProcess } from '../contenders/processes.js';
import { validate } from './validation.js';
import type { Arrival } from './work.js';

/** Requests that must get a correct response before a contender is timed. */
const VALIDATED = 24;

/** What a heat needs: the fleet, and a folder for the contender's files, which is created if missing. */
export interface Ground {
  readonly backends: readonly BackendAddress[];
  readonly folder: string;
}

/** Starts a contender, and checks that it responds correctly. @throws {Error} saying what is wrong. */
export function qualify(contender: Contender, ground: Ground, arrivals: readonly Arrival[]): Promise<void> {
  const sample = arrivals.slice(0, VALIDATED);
  return withContender(contender, ground, (port) => validate(contender.title, port, ground.backends, sample));
}

/** Starts a new process of a contender, and times it. */
export function heat(
  contender: Contender,
  ground: Ground,
  arrivals: readonly Arrival[],
  watch: Watch,
): Promise<Outcome> {
  return withContender(contender, ground, (port) => run(port, arrivals, watch));
}

/** Always stops the contender. Closing its connections makes the backends drop unfinished requests. */
async function withContender<T>(
  { title, launch }: Contender,
  { backends, folder }: Ground,
  use: (port: number) => Promise<T>,
): Promise<T> {
  const [port, controlPort] = await freePorts(2);
  const { command, args, env, files = {}, registerBackends } = launch({ port, controlPort, folder, backends });
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(`${folder}/${name}`, text);
  const balancer = OwnProcess.start(title, command, args, env);
  try {
    await balancer.listening(port);
    await registerBackends?.();
    return await use(port);
  } finally {
    await balancer.stop();
  }
}

// A heat: one contender before one fleet at one load, from its start to its end.
import { mkdir, writeFile } from 'node:fs/promises';
import { run, type Outcome, type Watch } from './client.js';
import type { BackendAddress, Contender } from '../contenders/contender.js';
import { freePorts, OwnProcess } from '../contenders/processes.js';
import { validate } from './validation.js';
import type { Arrival } from './work.js';

/** So many requests must be answered rightly before a contender is timed. */
const VALIDATED = 24;

/** What a heat stands on: the fleet, and a folder for the contender's files, which is made when it is missing. */
export interface Ground {
  readonly backends: readonly BackendAddress[];
  readonly folder: string;
}

/** Starts a contender, and sees whether it answers rightly. @throws {Error} a sentence on what is wrong. */
export function qualify(contender: Contender, ground: Ground, arrivals: readonly Arrival[]): Promise<void> {
  const sample = arrivals.slice(0, VALIDATED);
  return withContender(contender, ground, (port) => validate(contender.title, port, ground.backends, sample));
}

/** Starts a contender afresh, and times it. */
export function heat(
  contender: Contender,
  ground: Ground,
  arrivals: readonly Arrival[],
  watch: Watch,
): Promise<Outcome> {
  return withContender(contender, ground, (port) => run(port, arrivals, watch));
}

/** Ends the contender in any case. With its connections the backends drop what it left unfinished. */
async function withContender<T>(
  { title, launch }: Contender,
  { backends, folder }: Ground,
  use: (port: number) => Promise<T>,
): Promise<T> {
  const [port, controlPort] = await freePorts(2);
  const { command, args, env, files = {}, introduce } = launch({ port, controlPort, folder, backends });
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(`${folder}/${name}`, text);
  const balancer = OwnProcess.start(title, command, args, env);
  try {
    await balancer.listening(port);
    await introduce?.();
    return await use(port);
  } finally {
    await balancer.stop();
  }
}

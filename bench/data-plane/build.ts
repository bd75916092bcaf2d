// Which variables a built balancer supports: a supported variable with an invalid value makes the start fail.
import { BALANCER } from '../contenders/fairlead.js';
import { freePorts, OwnProcess } from '../contenders/processes.js';
import type { Entry } from './contenders.js';
import { LOAD_CORE, pinned } from './pinning.js';

/** The variables that these contenders need and the build does not read. */
export async function unknownVariables(entries: readonly Entry[], balancer = BALANCER): Promise<Set<string>> {
  const unknown = new Set<string>();
  for (const variable of new Set(entries.flatMap(({ needs }) => needs ?? []))) {
    if (!(await knows(variable, balancer))) unknown.add(variable);
  }
  return unknown;
}

async function knows(variable: string, file: string): Promise<boolean> {
  const [dataPort, controlPort] = await freePorts(2);
  const { command, args } = pinned(LOAD_CORE, { command: process.execPath, args: [file] });
  const balancer = OwnProcess.start('Fairlead', command, args, {
    DATA_PLANE_HOST: '127.0.0.1',
    DATA_PLANE_PORT: String(dataPort),
    CONTROL_PLANE_HOST: '127.0.0.1',
    CONTROL_PLANE_PORT: String(controlPort),
    LOG_LEVEL: 'error',
    [variable]: 'no such value',
  });
  try {
    await balancer.listening(dataPort);
    return false;
  } catch (error) {
    if ((error as Error).message.includes(variable)) return true;
    throw error;
  } finally {
    await balancer.stop();
  }
}

// The packed command `fairlead`, installed in an otherwise empty folder.
import { join } from 'node:path';
import type { AtEnd } from '../support/lifetime.js';
import { AppProcess, listening, type Balancer } from '../support/processes.js';
import { addPackage, emptyFolder, type Tarballs } from './installation.js';

/** An installation of the command. */
export interface PackedCommand {
  /** The folder in which `npm install fairlead` was run. */
  readonly folder: string;
  /** The path by which npm runs it. */
  readonly path: string;
}

export async function installCommand(tarballs: Tarballs, atEnd: AtEnd): Promise<PackedCommand> {
  const folder = emptyFolder(atEnd);
  await addPackage(join(folder, 'node_modules'), 'fairlead', tarballs);
  return { folder, path: join(folder, 'node_modules/.bin/fairlead') };
}

/** Runs `fairlead start balancer`, on free ports. */
export async function startPackedBalancer({ folder, path }: PackedCommand, atEnd: AtEnd): Promise<Balancer> {
  const env = { DATA_PLANE_PORT: '0', CONTROL_PLANE_PORT: '0', REGISTRY_FILE: 'none', LOG_FORMAT: 'json' };
  const running = new AppProcess('fairlead', [path, 'start', 'balancer'], { cwd: folder, env });
  atEnd(() => running.end());
  return listening(running);
}

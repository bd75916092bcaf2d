// A process that a command runs, and the ports on which it will listen.
import { fileURLToPath } from 'node:url';

/** The applications, as the build names them. */
export type App = 'balancer' | 'backend' | 'dashboard';

/** What to run, and how its lines are marked in the common output. */
export interface AppProcess {
  /** Its name in the output, which no other process has. */
  readonly name: string;
  /** `redis-server` keeps the registry of several balancers. */
  readonly app: App | 'redis-server';
  /** What follows the name of the program. */
  readonly args?: readonly string[];
  /** Variables besides those of the shell. */
  readonly env: Readonly<Record<string, string>>;
  readonly color: string;
}

/** A port of a process, and its use in words. */
export interface UsedPort {
  readonly port: number;
  readonly use: string;
}

/** The script of an application, in the layout of the build. */
export function scriptOf(app: App): string {
  return fileURLToPath(new URL(`../../../${app}/src/main.js`, import.meta.url));
}

/** The program of a process, and its arguments. */
export function commandOf({ app, args = [] }: AppProcess): readonly [program: string, ...args: string[]] {
  return app === 'redis-server' ? [app, ...args] : [process.execPath, scriptOf(app), ...args];
}

/** The ports on which a process will listen, as far as they are fixed. */
export function portsOf({ name, app, env }: AppProcess): readonly UsedPort[] {
  switch (app) {
    case 'balancer':
      return [
        { port: Number(env.DATA_PLANE_PORT), use: env.BALANCER_ID ? `clients of ${env.BALANCER_ID}` : 'clients' },
        {
          port: Number(env.CONTROL_PLANE_PORT),
          use: env.BALANCER_ID ? `the control plane of ${env.BALANCER_ID}` : 'the control plane',
        },
      ];
    case 'backend':
      return [{ port: Number(env.BACKEND_PORT), use: name }];
    case 'dashboard':
      return [{ port: Number(env.DASHBOARD_PORT), use: 'the dashboard' }];
    case 'redis-server':
      return [];
    default: {
      const exhaustive: never = app;
      return exhaustive;
    }
  }
}

// A process of Fairlead that a command runs, and the ports on which it will listen.
import { fileURLToPath } from 'node:url';

/** The applications, as the build names them. */
export type App = 'balancer' | 'backend' | 'dashboard';

/** What to run, and how its lines are marked in the common output. */
export interface AppProcess {
  /** Its name in the output. */
  readonly name: string;
  readonly app: App;
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

/** The ports on which a process will listen. */
export function portsOf({ name, app, env }: AppProcess): readonly UsedPort[] {
  switch (app) {
    case 'balancer':
      return [
        { port: Number(env.DATA_PLANE_PORT), use: 'clients' },
        { port: Number(env.CONTROL_PLANE_PORT), use: 'the control plane' },
      ];
    case 'backend':
      return [{ port: Number(env.BACKEND_PORT), use: name }];
    case 'dashboard':
      return [{ port: Number(env.DASHBOARD_PORT), use: 'the dashboard' }];
    default: {
      const exhaustive: never = app;
      return exhaustive;
    }
  }
}

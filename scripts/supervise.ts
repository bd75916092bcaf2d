// `npm run supervise`: runs a balancer that can be replaced without downtime. Expects a build. docs/rolling-restart.md
import { Supervisor } from './supervision/supervisor.ts';
import { bindSockets } from './supervision/sockets.ts';
import { SupervisionError, balancerEnvironment, balancerSettings, pidFileOf } from './supervision/settings.ts';

process.exit(await main());

async function main(): Promise<number> {
  try {
    return await supervise();
  } catch (error) {
    if (!(error instanceof SupervisionError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

async function supervise(): Promise<number> {
  const environment = { ...process.env };
  const settings = await balancerSettings(balancerEnvironment(environment));
  const sockets = await bindSockets(settings);
  const { dataPort, tlsPort, controlPort } = sockets;
  const pidFile = pidFileOf(environment, dataPort);
  const threads = settings.DATA_PLANE_THREADS;
  const supervisor = new Supervisor({
    sockets,
    environment,
    fixed: {
      DATA_PLANE_HOST: settings.DATA_PLANE_HOST,
      DATA_PLANE_PORT: String(dataPort),
      ...(tlsPort === undefined ? {} : { DATA_PLANE_TLS_PORT: String(tlsPort) }),
      CONTROL_PLANE_HOST: settings.CONTROL_PLANE_HOST,
      CONTROL_PLANE_PORT: String(controlPort),
      ...(threads === undefined ? {} : { DATA_PLANE_THREADS: String(threads) }),
    },
    pidFile,
    // Longer than the balancer's own limit for its shutdown.
    stopTimeoutMs: (settings.SHUTDOWN_TIMEOUT_SECONDS + 10) * 1000,
    log,
  });
  process.on('SIGHUP', () => supervisor.reload());
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => supervisor.stop());
  log(
    `supervisor ${process.pid} holds ports ${[dataPort, tlsPort, controlPort].filter((port) => port !== undefined).join(', ')}; reload: kill -HUP ${process.pid}`,
  );
  return supervisor.run();
}

/** Logs in the format of the balancer, which writes to the same output. */
function log(text: string): void {
  const isJson = process.env.LOG_FORMAT === 'json';
  const line = isJson ? JSON.stringify({ level: 'info', time: Date.now(), app: 'supervisor', msg: text }) : text;
  process.stdout.write(isJson ? `${line}\n` : `[supervisor] ${line}\n`);
}

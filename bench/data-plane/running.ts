// Starts a contender on its cores, registers the backends, and always stops it on failure.
import { mkdir, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BackendAddress, Place, SecurePlace } from '../contenders/contender.js';
import { freePorts, OwnProcess } from '../contenders/processes.js';
import { filePath } from './cases.js';
import type { Entry } from './contenders.js';
import { BOTH_CORES, pinned, PROXY_CORE } from './pinning.js';

/** Interval of the readiness probes. */
const POLL_MS = 2;
const READY_MS = 20_000;

/** The files of a certificate. */
export type Certificate = Omit<SecurePlace, 'port'>;

/** A running contender. */
export interface Running {
  readonly entry: Entry;
  readonly port: number;
  /** Undefined where nothing is measured with TLS. */
  readonly tlsPort: number | undefined;
  readonly controlPort: number;
  readonly process: OwnProcess;
  /** From start to ready: the first 200 of `/health/ready` for Fairlead, of a file for the others. */
  readonly readyMs: number;
}

/** What a contender is started with. */
export interface Setting {
  readonly backends: readonly BackendAddress[];
  /** Its own. */
  readonly folder: string;
  /** For its TLS port. */
  readonly certificate?: Certificate | undefined;
}

/** Starts a contender, and waits until it serves requests. @throws {Error} when it does not. */
export async function start(entry: Entry, { backends, folder, certificate }: Setting): Promise<Running> {
  const [port, controlPort, tlsPort] = await freePorts(3);
  const tls = certificate && entry.speaksTls ? { ...certificate, port: tlsPort } : undefined;
  const place: Place = { port, controlPort, folder, backends, tls };
  const { command, args, env, files = {}, registerBackends } = entry.launch(place);
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(`${folder}/${name}`, text);
  const cores = entry.isOnBothCores ? BOTH_CORES : PROXY_CORE;
  const on = pinned(cores, { command, args });
  const startMs = performance.now();
  const process = OwnProcess.start(entry.title, on.command, on.args, env);
  try {
    const probe = entry.program === 'fairlead' ? [controlPort, '/health/ready'] : [port, filePath(100)];
    await waitForOk(process, `http://127.0.0.1:${probe[0]}${probe[1]}`);
    await process.listening(port);
    const readyMs = performance.now() - startMs;
    await registerBackends?.();
    return { entry, port, tlsPort: tls?.port, controlPort, process, readyMs };
  } catch (error) {
    await process.stop();
    throw error;
  }
}

/** Waits for the first 200. */
async function waitForOk(process: OwnProcess, url: string): Promise<void> {
  const deadline = performance.now() + READY_MS;
  while (!(await returnsOk(url))) {
    process.assertRuns();
    if (performance.now() > deadline) throw new Error(`${url} does not respond with 200 within ${READY_MS / 1000} s`);
    await sleep(POLL_MS);
  }
}

async function returnsOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { headers: { connection: 'close' } });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

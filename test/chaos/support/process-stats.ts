// What Linux knows of a process and of its connections, read from /proc.
import { readFileSync, readdirSync } from 'node:fs';

/** Resident memory, bytes (proc(5), VmRSS, which is told in kB of 1,024 bytes). */
export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error(`process ${pid} has no resident memory: it has ended`);
  return Number(kilobytes) * 1024;
}

/** Open file descriptors. */
export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** States of a connection in /proc/net/tcp, of include/net/tcp_states.h. */
const ESTABLISHED = '01';
const CLOSE_WAIT = '08';

/**
 * Connections that the connecting side still holds to one of these ports: established ones, and those that the other
 * side has closed but the connecting one has not.
 */
export function connectionsTo(ports: readonly number[]): number {
  const wanted = new Set(ports);
  return ['/proc/net/tcp', '/proc/net/tcp6'].reduce((count, file) => {
    const lines = readFileSync(file, 'utf8').trim().split('\n').slice(1);
    return count + lines.filter((line) => isConnectionTo(line, wanted)).length;
  }, 0);
}

/** Lines read ` sl: local address:port remote address:port state …`, ports and state in hexadecimal. */
function isConnectionTo(line: string, ports: ReadonlySet<number>): boolean {
  const [, , remote, state] = line.trim().split(/\s+/);
  if (state !== ESTABLISHED && state !== CLOSE_WAIT) return false;
  return ports.has(Number.parseInt(remote.slice(remote.lastIndexOf(':') + 1), 16));
}

/** A value at a time. */
export interface Sample {
  readonly atSeconds: number;
  readonly value: number;
}

/** A slope and how far it may be off, value per second. */
export interface Slope {
  readonly perSecond: number;
  /** Standard error. */
  readonly error: number;
}

/** The least-squares line through the samples; 0 and no end of doubt with fewer than three. */
export function slopeOf(samples: readonly Sample[]): Slope {
  const mean = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;
  const meanAt = mean(samples.map(({ atSeconds }) => atSeconds));
  const meanValue = mean(samples.map(({ value }) => value));
  const spread = samples.reduce((sum, { atSeconds }) => sum + (atSeconds - meanAt) ** 2, 0);
  if (samples.length < 3 || spread === 0) return { perSecond: 0, error: Infinity };
  const together = samples.reduce((sum, { atSeconds, value }) => sum + (atSeconds - meanAt) * (value - meanValue), 0);
  const perSecond = together / spread;
  const offLine = ({ atSeconds, value }: Sample) => value - meanValue - perSecond * (atSeconds - meanAt);
  const residual = samples.reduce((sum, sample) => sum + offLine(sample) ** 2, 0);
  return { perSecond, error: Math.sqrt(residual / (samples.length - 2) / spread) };
}

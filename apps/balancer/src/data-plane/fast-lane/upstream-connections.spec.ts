import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvalidResponseError } from '../exchange/attempt-error.js';
import { TestBackend } from '../upstream/idle-pool.fixture.js';
import type { IdlePool } from '../upstream/idle-pool.js';
import { aConnector } from '../upstream/upstream-connector.fixture.js';
import { readBuffer } from '../io/shared-read-buffer.js';
import { createUpstreamPool, type UpstreamConnection, type UpstreamUser } from './upstream-connections.js';

/** Records what is reported to it. */
class RecordingUser implements UpstreamUser {
  readonly log: string[] = [];
  /** Called with each report. */
  onReport: (report: string) => void = () => {};
  assertGeneration = () => {};

  onUpstreamOpen = () => this.report('open');
  onSlowConnect = () => this.report('slow');
  onUpstreamData = (length: number) => this.report(readBuffer.toString('latin1', 0, length));
  onUpstreamDrain = () => this.report('drain');
  onUpstreamEnd = (error: Error | undefined) => this.report(`end: ${error?.constructor.name}`);

  private report(what: string): void {
    this.log.push(what);
    this.onReport(what);
  }

  /** Resolves with the next report. */
  next(): Promise<string> {
    return new Promise((resolve) => (this.onReport = resolve));
  }
}

let backend: TestBackend;
let pool: IdlePool<UpstreamConnection>;
let defects: unknown[];

beforeEach(async () => {
  backend = await TestBackend.start();
  defects = [];
  pool = createUpstreamPool(
    aConnector(5),
    () => performance.now(),
    (error) => defects.push(error),
  );
});
afterEach(() => {
  pool.close();
  backend.close();
});

/** A connection that is open on both sides, and its user. */
async function inUse(): Promise<{ connection: UpstreamConnection; user: RecordingUser }> {
  const user = new RecordingUser();
  const connection = pool.acquire(backend, false);
  connection.use(user, 1);
  await user.next();
  await backend.accepted(1);
  return { connection, user };
}

describe('a connection in use', () => {
  it('reports to its user that it is open, what is read, and its end', async () => {
    const { connection, user } = await inUse();
    backend.ends[0].write('ab');
    await user.next();
    backend.ends[0].end();
    await once(connection.socket, 'close');
    expect(user.log).toEqual(['open', 'ab', 'end: undefined']);
  });

  it('reports its loss with the error', async () => {
    const { user } = await inUse();
    backend.ends[0].resetAndDestroy();
    expect(await user.next()).toBe('end: Error');
  });

  it('reports nothing more once it is discarded', async () => {
    const { connection, user } = await inUse();
    backend.ends[0].write('ab');
    connection.discard();
    await once(connection.socket, 'close');
    expect(user.log).toEqual(['open']);
  });

  it('is closed when its user fails to read it: the user hears of an invalid response, and the defect is reported', async () => {
    const { user } = await inUse();
    const defect = new Error('cannot read it');
    const ended = new Promise((resolve) => {
      user.onReport = (report) => {
        if (report === 'ab') throw defect;
        resolve(report);
      };
    });
    backend.ends[0].write('ab');
    expect(await ended).toBe(`end: ${InvalidResponseError.name}`);
    expect(defects).toEqual([defect]);
  });
});

describe('an idle connection', () => {
  it('is closed when it receives unsolicited bytes, which the next user would take for its response', async () => {
    const { connection, user } = await inUse();
    connection.release();
    backend.ends[0].write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    await once(connection.socket, 'close');
    expect(pool.acquire(backend, false)).not.toBe(connection);
    expect(user.log).toEqual(['open']);
  });

  it('reports to its next user only', async () => {
    const { connection, user } = await inUse();
    connection.pause();
    connection.release();
    const next = new RecordingUser();
    expect(pool.acquire(backend, false)).toBe(connection);
    connection.use(next, 1);
    backend.ends[0].write('ab');
    expect(await next.next()).toBe('ab');
    expect(user.log).toEqual(['open']);
  });
});

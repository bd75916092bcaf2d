// Ends a thread of a process from outside, as a crash would: by Node's inspector, which the process was started with.
import { once } from 'node:events';
import { until, type AppProcess } from './processes.js';

/** Variables of a process in which {@link endThread} can be used. */
export const INSPECTED = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

interface Attached {
  readonly method: string;
  readonly params: { readonly sessionId: string };
}

/** Has one of the worker threads exit with this code. Resolves when it was told to. */
export async function endThread(process: AppProcess, code: number): Promise<void> {
  await until('the inspector to listen', () => process.stderr.includes('ws://'));
  // The last one: a process that it was started by may have an inspector too.
  const address = process.stderr.match(/ws:\S+/g)?.at(-1) ?? '';
  const inspector = new WebSocket(address);
  await once(inspector, 'open');
  const attached = new Promise<Attached>((resolve) => {
    inspector.addEventListener('message', ({ data }) => {
      const event = JSON.parse(String(data)) as Attached;
      if (event.method === 'NodeWorker.attachedToWorker') resolve(event);
    });
  });
  const send = (id: number, method: string, params: object) => inspector.send(JSON.stringify({ id, method, params }));
  send(1, 'NodeWorker.enable', { waitForDebuggerOnStart: false });
  const { sessionId } = (await attached).params;
  const expression = `process.exit(${code})`;
  const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } });
  send(2, 'NodeWorker.sendMessageToWorker', { sessionId, message });
  await process.logged(`ended with code ${code}`);
  inspector.close();
}

// Does things to a thread of a process from outside, by Node's inspector, which the process was started with.
import { once } from 'node:events';
import { until, type AppProcess } from './processes.js';

/** Variables of a process whose threads can be got at. */
export const INSPECTED = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

interface InspectorEvent {
  readonly method: string;
  readonly params: { readonly sessionId: string; readonly message: string };
}

/** Has one of the worker threads evaluate an expression; answers its value, when there is one. */
async function inThread(process: AppProcess, expression: string): Promise<{ readonly value: Promise<unknown> }> {
  await until('the inspector to listen', () => process.stderr.includes('ws://'));
  // The last one: a process that it was started by may have an inspector too.
  const inspector = new WebSocket(process.stderr.match(/ws:\S+/g)?.at(-1) ?? '');
  await once(inspector, 'open');
  const next = (method: string) =>
    new Promise<InspectorEvent['params']>((resolve) => {
      inspector.addEventListener('message', ({ data }) => {
        const event = JSON.parse(String(data)) as InspectorEvent;
        if (event.method === method) resolve(event.params);
      });
    });
  const send = (id: number, method: string, params: object) => inspector.send(JSON.stringify({ id, method, params }));
  const attached = next('NodeWorker.attachedToWorker');
  send(1, 'NodeWorker.enable', { waitForDebuggerOnStart: false });
  const { sessionId } = await attached;
  const answered = next('NodeWorker.receivedMessageFromWorker');
  const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } });
  send(2, 'NodeWorker.sendMessageToWorker', { sessionId, message });
  const value = answered.then((params) => {
    inspector.close();
    return (JSON.parse(params.message) as { result?: { result: { value?: unknown } } }).result?.result.value;
  });
  return { value };
}

/** Has one of the threads exit with this code, as a crash would. Resolves when that is known. */
export async function endThread(process: AppProcess, code: number): Promise<void> {
  await inThread(process, `process.exit(${code})`);
  await process.logged(`exit code ${code}`);
}

/** Has one of the threads stand still for a while. Resolves when it does; `until` is the time at which it goes on. */
export async function blockThread(process: AppProcess, forMs: number): Promise<{ readonly until: Promise<number> }> {
  const { value } = await inThread(
    process,
    `process._rawDebug('standing still');
     Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${forMs});
     Date.now()`,
  );
  await until('the thread to stand still', () => process.stderr.includes('standing still'));
  return { until: value.then(Number) };
}

import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PriorityPort } from './priority-port.js';

/** A port with what it has handled. The urgent messages are those in capitals. */
function aPort() {
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => port1.close());
  const port = new PriorityPort<string>(port2);
  const handled: string[] = [];
  port.listen((message) => handled.push(message));
  const send = (...messages: string[]) => messages.forEach((message) => port1.postMessage(message));
  /** Resolves when the port has emitted its next message. */
  const emitted = () => once(port2, 'message');
  return { send, handled, emitted, handleUrgent: () => port.handleUrgent((text) => text === text.toUpperCase()) };
}

describe('PriorityPort', () => {
  it('handles urgent messages at once, and the others after the present callback, each in its order', async () => {
    const { send, handled, handleUrgent } = aPort();
    send('a', 'X', 'b', 'Y');
    handleUrgent();
    expect(handled).toEqual(['X', 'Y']);
    send('c');
    handleUrgent();
    expect(handled).toEqual(['X', 'Y']);
    await new Promise((resolve) => setImmediate(resolve));
    expect(handled).toEqual(['X', 'Y', 'a', 'b', 'c']);
  });

  it('handles a message that was put off before one that is emitted after it', async () => {
    const { send, handled, emitted, handleUrgent } = aPort();
    send('first');
    // The port is read in the same phase of the event loop in which it emits the next message.
    const next = emitted();
    handleUrgent();
    send('second');
    await next;
    expect(handled).toEqual(['first', 'second']);
  });

  it('handles all messages in their order while none is urgent', async () => {
    const { send, handled, emitted } = aPort();
    send('a', 'b');
    await emitted();
    await emitted();
    expect(handled).toEqual(['a', 'b']);
  });
});

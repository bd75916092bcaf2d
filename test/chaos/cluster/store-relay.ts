// A relay between balancers and their store that delays what it relays, or resets all connections.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from '../scenario.ts';

/** `delay`: in each direction. `reset`: all connections are reset, and new ones at once. */
export type Fault = { readonly kind: 'delay'; readonly ms: number } | { readonly kind: 'reset' };

export class StoreRelay {
  readonly port: number;
  private readonly server: Server;
  private readonly clients = new Set<Socket>();
  private fault: Fault | undefined;

  private constructor(port: number, targetPort: number) {
    this.port = port;
    this.server = createServer({ noDelay: true }, (client) => this.accept(client, targetPort));
  }

  /** Relays to a port of 127.0.0.1, without any fault at first. */
  static async start(stage: Pick<Stage, 'ports' | 'onEnd'>, targetPort: number): Promise<StoreRelay> {
    const [port] = await stage.ports(1);
    const relay = new StoreRelay(port, targetPort);
    relay.server.listen(port, '127.0.0.1');
    await once(relay.server, 'listening');
    stage.onEnd(() => relay.stop());
    return relay;
  }

  /** Begins a fault, which replaces the one before; undefined: there is none any more. */
  suffer(fault: Fault | undefined): void {
    this.fault = fault;
    if (fault?.kind === 'reset') this.resetAll();
  }

  private accept(client: Socket, targetPort: number): void {
    client.on('error', () => {});
    if (this.fault?.kind === 'reset') {
      client.resetAndDestroy();
      return;
    }
    const target = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    target.on('error', () => client.resetAndDestroy());
    this.clients.add(client);
    this.relay(client, target);
    this.relay(target, client);
    client.once('close', () => {
      this.clients.delete(client);
      target.destroy();
    });
    target.once('close', () => client.destroy());
  }

  /** Chunks leave one after the other, whatever the fault was when each arrived. */
  private relay(from: Socket, to: Socket): void {
    const pass = async (before: Promise<void>, chunk: Buffer, dueMs: number) => {
      await before;
      const leftMs = dueMs - performance.now();
      if (leftMs > 0) await sleep(leftMs);
      if (!to.destroyed) to.write(chunk);
    };
    let last = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      const delayMs = this.fault?.kind === 'delay' ? this.fault.ms : 0;
      last = pass(last, chunk, performance.now() + delayMs);
    });
  }

  private resetAll(): void {
    for (const client of this.clients) client.resetAndDestroy();
  }

  private stop(): void {
    this.server.close();
    this.resetAll();
  }
}

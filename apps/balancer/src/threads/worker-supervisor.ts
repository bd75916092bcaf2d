// Runs the data plane in worker threads that accept on the same port: starts them, publishes the fleet to each,
// replaces one that dies, and closes them. The main thread is left to the control plane.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestRecord } from '@fairlead/contracts';
import type { LoadTable } from '@fairlead/scheduling';
import { Logger, type OnModuleInit } from '@nestjs/common';
import type { BalancerConfig } from '../config/balancer.config.js';
import type { DataPlane } from '../data-plane/data-plane.js';
import type { ListenAddress } from '../data-plane/listener.js';
import type { RegistryService } from '../registry/registry.service.js';
import type { NamedBelief } from '../placement/demand-learning.js';
import { FleetPublisher } from './fleet-publisher.js';
import { mergeBeliefs, mergeRequests } from './merge.js';
import type { Replies, ToThread } from './messages.js';
import { DATA_PLANE_WORKER } from './worker-preload.js';
import { WorkerChannel } from './worker-channel.js';

/** The pause before another attempt to replace a thread. */
const RESTART_PAUSE_MS = 500;
/** Time for a thread to close beyond the configured one. */
const CLOSE_MARGIN_MS = 2000;

/** A thread, and its publisher once the thread is ready. */
interface Member {
  readonly channel: WorkerChannel;
  publisher: FleetPublisher | undefined;
}

export class WorkerSupervisor implements DataPlane, OnModuleInit {
  private readonly logger = new Logger('DataPlane');
  private readonly members: Member[] = [];
  private address: AddressInfo | undefined;
  private inherited: readonly number[] = [];
  private isClosing = false;

  constructor(
    private readonly registry: RegistryService,
    private readonly table: LoadTable,
    private readonly config: BalancerConfig,
    private readonly script: URL = DATA_PLANE_WORKER,
  ) {}

  get isReady(): boolean {
    return !this.isClosing && this.members.some(({ channel }) => channel.isListening);
  }

  get port(): number {
    if (!this.address) throw new Error('the data plane does not listen yet');
    return this.address.port;
  }

  /** Starts the threads, which boot while the main thread does. */
  onModuleInit(): void {
    for (let thread = 0; thread < this.config.DATA_PLANE_THREADS; thread++) this.members.push(this.start(thread));
    this.registry.listen({
      snapshotChanged: () => this.members.forEach(({ publisher }) => publisher?.send()),
      slotFreed: (slot) => this.broadcast({ kind: 'slot-freed', slot }),
      disconnect: (slot, scope) => this.broadcast({ kind: 'disconnect', slot, scope }),
    });
  }

  async listen(inherited: readonly number[]): Promise<void> {
    this.inherited = inherited;
    const { DATA_PLANE_HOST: host, DATA_PLANE_PORT: port } = this.config;
    const isAlone = this.members.length === 1 || inherited.length > 0;
    if (!isAlone && port !== 0) await requireFree(host, port);
    try {
      await this.listenOnAll();
    } catch (error) {
      // A signal during the start has begun a shutdown, which ends the process.
      if (this.isClosing) await new Promise(() => {});
      throw error;
    }
    for (const thread of this.members.keys()) this.watch(thread);
    const { address = host } = this.address ?? {};
    this.logger.log({ host: inherited.length > 0 ? address : host, port: this.port }, 'data plane listening');
  }

  async close(): Promise<void> {
    this.isClosing = true;
    const { SHUTDOWN_DELAY_SECONDS, SHUTDOWN_TIMEOUT_SECONDS } = this.config;
    const withinMs = (SHUTDOWN_DELAY_SECONDS + SHUTDOWN_TIMEOUT_SECONDS) * 1000 + CLOSE_MARGIN_MS;
    await Promise.all(this.members.map(({ channel }) => channel.close(withinMs)));
  }

  async requests(): Promise<RequestRecord[]> {
    return mergeRequests(await this.queryAll('requests'));
  }

  async beliefs(): Promise<NamedBelief[]> {
    return mergeBeliefs(await this.queryAll('beliefs'));
  }

  private async listenOnAll(): Promise<void> {
    for (const [thread, { channel }] of this.members.entries()) {
      await channel.ready;
      const address = await channel.listen(this.addressFor(thread));
      this.address ??= address;
    }
  }

  private start(thread: number): Member {
    const { shape, buffer } = this.table;
    const channel = new WorkerChannel(this.script, { thread, shape, buffer }, (message) =>
      member.publisher?.handleMessage(message),
    );
    const member: Member = { channel, publisher: undefined };
    channel.ready.then(
      () => (member.publisher = new FleetPublisher(this.registry, (message) => channel.post(message))),
      () => {},
    );
    void channel.ended.then(() => member.publisher?.end());
    return member;
  }

  /** Where a thread listens: the first one binds the port, the others share it. */
  private addressFor(thread: number): ListenAddress {
    if (this.inherited.length > 0) return { fd: this.inherited[thread] };
    const { DATA_PLANE_HOST: host, DATA_PLANE_PORT: port } = this.config;
    return { host, port: this.address?.port ?? port, reusePort: this.members.length > 1 };
  }

  private watch(thread: number): void {
    void this.members[thread].channel.ended.then((reason) => this.onEnd(thread, reason));
  }

  private async onEnd(thread: number, reason: string): Promise<void> {
    this.table.rows[thread].abandon();
    if (this.isClosing) return;
    this.logger.error(`thread ${thread} ended, and its exchanges in flight are lost: ${reason}`);
    if (this.inherited.length > 0) {
      // The socket was closed here but is open in the parent process: clients that the kernel assigns to it wait until
      // a process accepts on it again.
      this.logger.error('an inherited socket cannot be reopened: shutting down');
      process.kill(process.pid, 'SIGTERM');
      return;
    }
    await this.replace(thread);
  }

  private async replace(thread: number): Promise<void> {
    while (!this.isClosing) {
      const member = this.start(thread);
      this.members[thread] = member;
      try {
        await member.channel.ready;
        await member.channel.listen(this.addressFor(thread));
        this.logger.log(`thread ${thread} was replaced`);
        this.watch(thread);
        return;
      } catch (error) {
        this.logger.error(`thread ${thread} could not be replaced: ${(error as Error).message}`);
        await member.channel.close(0);
        this.table.rows[thread].abandon();
        await sleep(RESTART_PAUSE_MS);
      }
    }
  }

  private broadcast(message: ToThread): void {
    for (const { channel, publisher } of this.members) if (publisher) channel.post(message);
  }

  private async queryAll<What extends keyof Replies>(what: What): Promise<Replies[What][]> {
    const results = await Promise.all(this.members.map(({ channel }) => channel.query(what)));
    return results.filter((result) => result !== undefined);
  }
}

/**
 * With SO_REUSEPORT the threads would share the port with another process, so bind it exclusively once to detect one.
 */
async function requireFree(host: string, port: number): Promise<void> {
  const server = createServer().listen({ host, port });
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}

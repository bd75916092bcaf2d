// The data plane in threads of its own, each accepting on the same port: starts them, keeps each informed of the fleet,
// replaces one that dies, and has all of them close. The control plane has the main thread to itself.
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

/** The pause before a thread is replaced whose replacement has failed before. */
const PAUSE_MS = 500;
/** What a thread may take to close beyond the time that is configured. */
const CLOSING_MARGIN_MS = 2000;

/** A thread, and what tells it of the fleet once it can hear. */
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

  /** The threads boot while the main thread does. */
  onModuleInit(): void {
    for (let thread = 0; thread < this.config.DATA_PLANE_THREADS; thread++) this.members.push(this.start(thread));
    this.registry.listen({
      snapshotChanged: () => this.members.forEach(({ publisher }) => publisher?.send()),
      slotFreed: (slot) => this.broadcast({ kind: 'slot-freed', slot }),
      disconnect: (slot, what) => this.broadcast({ kind: 'disconnect', slot, what }),
    });
  }

  async listen(inherited: readonly number[]): Promise<void> {
    this.inherited = inherited;
    const { DATA_PLANE_HOST: host, DATA_PLANE_PORT: port } = this.config;
    const isAlone = this.members.length === 1 || inherited.length > 0;
    if (!isAlone && port !== 0) await requireFree(host, port);
    try {
      await this.listenAll();
    } catch (error) {
      // A signal came during the start: the shutdown that it has begun ends the process.
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
    const withinMs = (SHUTDOWN_DELAY_SECONDS + SHUTDOWN_TIMEOUT_SECONDS) * 1000 + CLOSING_MARGIN_MS;
    await Promise.all(this.members.map(({ channel }) => channel.close(withinMs)));
  }

  async requests(): Promise<RequestRecord[]> {
    return mergeRequests(await this.queryAll('requests'));
  }

  async beliefs(): Promise<NamedBelief[]> {
    return mergeBeliefs(await this.queryAll('beliefs'));
  }

  private async listenAll(): Promise<void> {
    for (const [thread, { channel }] of this.members.entries()) {
      await channel.ready;
      const address = await channel.listen(this.whereFor(thread));
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

  /** Where a thread listens: the first one takes the port, the others listen beside it. */
  private whereFor(thread: number): ListenAddress {
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
    this.logger.error(`thread ${thread} ended, and what it had in flight is lost: ${reason}`);
    if (this.inherited.length > 0) {
      // Its socket was closed here when it ended, but not where it was inherited from: clients that the kernel deals to
      // it wait for a process that accepts on all of them.
      this.logger.error('an inherited socket cannot be opened again: shutting down');
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
        await member.channel.listen(this.whereFor(thread));
        this.logger.log(`thread ${thread} was replaced`);
        this.watch(thread);
        return;
      } catch (error) {
        this.logger.error(`thread ${thread} could not be replaced: ${(error as Error).message}`);
        await member.channel.close(0);
        this.table.rows[thread].abandon();
        await sleep(PAUSE_MS);
      }
    }
  }

  private broadcast(message: ToThread): void {
    for (const { channel, publisher } of this.members) if (publisher) channel.post(message);
  }

  private async queryAll<What extends keyof Replies>(what: What): Promise<Replies[What][]> {
    const answers = await Promise.all(this.members.map(({ channel }) => channel.query(what)));
    return answers.filter((answer) => answer !== undefined);
  }
}

/** Threads that listen beside each other would listen beside another process as well, and each would get some clients. */
async function requireFree(host: string, port: number): Promise<void> {
  const server = createServer().listen({ host, port });
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}

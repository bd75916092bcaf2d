// Runs the data plane in worker threads that accept on the same port: starts them, publishes the fleet to each,
// replaces one that dies or hangs, and closes them. The main thread is left to the control plane.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestRecord } from '@fairlead/contracts';
import { Logger, type OnModuleInit } from '@nestjs/common';
import type { BalancerConfig } from '../config/balancer.config.js';
import { NOT_LISTENING, type DataPlane, type InheritedPorts } from '../data-plane/data-plane.js';
import { logListening, portsOf, type EachPort, type ListenAddress } from '../data-plane/listener.js';
import type { RegistryService } from '../registry/registry.service.js';
import type { NamedBelief } from '../placement/demand-learning.js';
import { beliefsOf, usualCapacity } from '../placement/latent/beliefs.js';
import { FleetPublisher } from './fleet-publisher.js';
import { writeLastWords } from './last-words.js';
import { mergeBeliefs, mergeRequests, mergeSums } from './merge.js';
import type { FromThread, Replies, ToThread } from './messages.js';
import type { SharedState } from './shared-state.js';
import { startTicking, ThreadWatch, type ThreadState } from './thread-watch.js';
import { DATA_PLANE_WORKER } from './worker-preload.js';
import { WorkerChannel } from './worker-channel.js';

/** The pause before another attempt to replace a thread. */
const RESTART_PAUSE_MS = 500;
/** How long a thread may take to boot before its silence counts. */
const BOOT_SECONDS = 30;
/** Time for a thread to close beyond the configured one. */
const CLOSE_MARGIN_MS = 2000;

/** A thread; it has a publisher once it is ready, and a watch until it has ended. */
interface Member {
  readonly channel: WorkerChannel;
  publisher: FleetPublisher | undefined;
  watch: ThreadWatch | undefined;
  /** Resolves when the thread cannot be ended. */
  readonly stuck: PromiseWithResolvers<void>;
}

export class WorkerSupervisor implements DataPlane, OnModuleInit {
  private readonly logger = new Logger('DataPlane');
  private readonly members: Member[] = [];
  private addresses: EachPort<AddressInfo> | undefined;
  private inherited: InheritedPorts = { plain: [], tls: [] };
  private isClosing = false;
  private ticking: NodeJS.Timeout | undefined;

  constructor(
    private readonly registry: RegistryService,
    private readonly shared: SharedState,
    private readonly config: BalancerConfig,
    private readonly script: URL = DATA_PLANE_WORKER,
  ) {}

  get unreadyReason(): string | undefined {
    if (this.isClosing || !this.members.some(({ channel }) => channel.isListening)) return NOT_LISTENING;
    const stalled = this.members.flatMap(({ watch }, thread) =>
      watch?.isStalled ? [`thread ${thread} has not responded for ${watch.silentSeconds} s`] : [],
    );
    return stalled.length > 0 ? stalled.join(', ') : undefined;
  }

  get ports(): EachPort<number> {
    return portsOf(this.addresses);
  }

  /** Starts the threads, which boot while the main thread does. */
  onModuleInit(): void {
    for (let thread = 0; thread < this.config.DATA_PLANE_THREADS; thread++) this.members.push(this.start(thread));
    this.registry.listen({
      snapshotChanged: () => this.members.forEach(({ publisher }) => publisher?.send()),
      slotFreed: (slot) => this.broadcast({ kind: 'slot-freed', slot }),
      disconnect: (slot, scope) => this.broadcast({ kind: 'disconnect', slot, scope }),
    });
    const { credentials, backendCredentials } = this.shared;
    credentials.onChange((material) => this.broadcast({ kind: 'credentials', material }));
    backendCredentials.onChange((material) => this.broadcast({ kind: 'backend-credentials', material }));
    this.shared.model?.listen((beliefs) => this.broadcast({ kind: 'beliefs', beliefs }));
    this.ticking = startTicking(() => {
      for (const thread of this.members.keys()) this.look(thread);
    });
    this.ticking.unref();
  }

  async listen(inherited: InheritedPorts): Promise<void> {
    this.inherited = inherited;
    const { DATA_PLANE_HOST: host, DATA_PLANE_PORT, DATA_PLANE_TLS_PORT } = this.config;
    if (this.members.length > 1) {
      if (inherited.plain.length === 0) await requireFree(host, DATA_PLANE_PORT);
      if (inherited.tls.length === 0 && DATA_PLANE_TLS_PORT !== undefined) await requireFree(host, DATA_PLANE_TLS_PORT);
    }
    try {
      await this.listenOnAll();
    } catch (error) {
      // A signal during the start has begun a shutdown, which ends the process.
      if (this.isClosing) await new Promise(() => {});
      throw error;
    }
    for (const thread of this.members.keys()) this.watch(thread);
    if (this.addresses) logListening(this.logger, this.addresses);
  }

  async close(): Promise<void> {
    this.isClosing = true;
    const { SHUTDOWN_DELAY_SECONDS, SHUTDOWN_TIMEOUT_SECONDS } = this.config;
    const withinMs = (SHUTDOWN_DELAY_SECONDS + SHUTDOWN_TIMEOUT_SECONDS) * 1000 + CLOSE_MARGIN_MS;
    await Promise.all(this.members.map(({ channel, stuck }) => Promise.race([channel.close(withinMs), stuck.promise])));
    clearInterval(this.ticking);
    if (!this.members.some(({ watch }) => watch?.state === 'stuck')) return;
    writeLastWords('balancer: a thread cannot be ended: the process is aborted');
    // An exit would wait for the thread.
    process.abort();
  }

  async requests(): Promise<RequestRecord[]> {
    return mergeRequests(await this.queryAll('requests'));
  }

  async queued(): Promise<Record<string, number>> {
    const { names } = this.registry.knownPools;
    // With one pool the load table has the number, and no thread is waited for.
    if (names.length === 1) return { [names[0]]: this.shared.loads.total('queued') };
    return mergeSums(await this.queryAll('queued'));
  }

  async beliefs(): Promise<NamedBelief[]> {
    // With a model, every thread believes what the main thread does.
    if (this.shared.model) {
      const declared = this.registry.list().map(({ capacity }) => capacity);
      return beliefsOf(this.shared.model.beliefs, usualCapacity(declared, this.config.RESOURCES.size));
    }
    return mergeBeliefs(await this.queryAll('beliefs'));
  }

  private async listenOnAll(): Promise<void> {
    for (const [thread, { channel }] of this.members.entries()) {
      await channel.ready;
      const addresses = await channel.listen(this.addressesFor(thread));
      this.addresses ??= addresses;
    }
  }

  private start(thread: number): Member {
    const channel = new WorkerChannel(this.script, this.shared.dataOf(thread), (message) => {
      this.learn(thread, message);
      member.publisher?.handleMessage(message);
    });
    const stuck = Promise.withResolvers<void>();
    const member: Member = { channel, publisher: undefined, watch: undefined, stuck };
    void this.attend(thread, member);
    return member;
  }

  /** Handles a message of a thread about what it learns; ignores any other. */
  private learn(thread: number, message: FromThread): void {
    const { model } = this.shared;
    if (message.kind === 'class-named') model?.nameClass(thread, message.named);
    else if (message.kind === 'cost-reported') model?.reportCost(thread, message.name, message.cost);
    else if (message.kind === 'utilization-reported') model?.reportUtilization(message.slot, message.utilization);
  }

  /** Watches a thread until it ends, and publishes the fleet to it once it is ready. */
  private async attend(thread: number, member: Member): Promise<void> {
    const { channel } = member;
    const { credentials, backendCredentials, traffic } = this.shared;
    const startedBy = traffic.config;
    const started = { material: credentials.material, backendMaterial: backendCredentials.material };
    const { liveness } = this.shared.loads.rows[thread];
    member.watch = new ThreadWatch(liveness, this.config.THREAD_STALL_SECONDS, BOOT_SECONDS);
    void channel.ended.then(() => (member.watch = undefined));
    try {
      await channel.ready;
    } catch {
      // The thread ended before it was ready.
      return;
    }
    // At once, so that the thread has the fleet before it is told to listen.
    const publisher = new FleetPublisher(this.registry, traffic, startedBy, (message) => channel.post(message));
    member.publisher = publisher;
    const { material } = credentials;
    if (material && material !== started.material) channel.post({ kind: 'credentials', material });
    const { material: backendMaterial } = backendCredentials;
    if (backendMaterial !== started.backendMaterial) {
      channel.post({ kind: 'backend-credentials', material: backendMaterial });
    }
    await channel.ended;
    publisher.end();
  }

  /** Checks whether a thread runs. */
  private look(thread: number): void {
    const { watch, publisher } = this.members[thread];
    if (!watch) return;
    const before = watch.tick();
    if (before) this.onStateChange(thread, watch, before);
    if (watch.state === 'responsive' && publisher?.isCurrent) watch.liveness.isOverdue = false;
  }

  private onStateChange(thread: number, watch: ThreadWatch, before: ThreadState): void {
    const { channel, publisher, stuck } = this.members[thread];
    const silence = `thread ${thread} has not responded for ${watch.silentSeconds} s`;
    for (const side of [channel, publisher]) side?.setAwaited(!watch.isStalled);
    switch (watch.state) {
      case 'responsive':
        if (before === 'stalled') this.logger.log(`thread ${thread} responds again`);
        break;
      case 'overdue':
        watch.liveness.isOverdue = true;
        break;
      case 'stalled':
        this.logger.warn(`${silence}: nothing waits for it any more, and its clients are not served`);
        break;
      case 'lost':
        this.logger.error(`${silence}: it is terminated`);
        channel.terminate();
        break;
      case 'stuck':
        this.logger.error(`${silence}, and a system call keeps it from ending: shutting down`);
        stuck.resolve();
        process.kill(process.pid, 'SIGTERM');
        break;
      default: {
        const exhaustive: never = watch.state;
        throw new Error(`unknown state of a thread: ${String(exhaustive)}`);
      }
    }
  }

  /** Where a thread listens: the first one binds the port, the others share it. */
  private addressesFor(thread: number): EachPort<ListenAddress> {
    const { inherited, addresses } = this;
    const { DATA_PLANE_HOST: host, DATA_PLANE_PORT, DATA_PLANE_TLS_PORT } = this.config;
    const reusePort = this.members.length > 1;
    const addressOf = (descriptors: readonly number[], port: number) =>
      descriptors.length > 0 ? { fd: descriptors[thread] } : { host, port, reusePort };
    const plain = addressOf(inherited.plain, addresses?.plain.port ?? DATA_PLANE_PORT);
    if (DATA_PLANE_TLS_PORT === undefined) return { plain };
    return { plain, tls: addressOf(inherited.tls, addresses?.tls?.port ?? DATA_PLANE_TLS_PORT) };
  }

  private watch(thread: number): void {
    void this.members[thread].channel.ended.then((reason) => this.onEnd(thread, reason));
  }

  private async onEnd(thread: number, reason: string): Promise<void> {
    this.shared.abandon(thread);
    if (this.isClosing) return;
    this.logger.error(`thread ${thread} ended, and its exchanges in flight are lost: ${reason}`);
    if (this.inherited.plain.length > 0 || this.inherited.tls.length > 0) {
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
        await member.channel.listen(this.addressesFor(thread));
        this.logger.log(`thread ${thread} was replaced`);
        this.watch(thread);
        return;
      } catch (error) {
        this.logger.error(`thread ${thread} could not be replaced: ${(error as Error).message}`);
        await member.channel.close(0);
        this.shared.abandon(thread);
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
  if (port === 0) return;
  const server = createServer().listen({ host, port });
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}

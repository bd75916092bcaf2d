// The other balancers of the cluster: who is there, and what they do with backends that drain.
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { OtherBalancers } from '../registry/drains.js';
import { EventLog } from '../registry/event-log.js';
import { RegistryService } from '../registry/registry.service.js';
import { ClusterFacts } from '../registry/snapshot/cluster-facts.js';
import { StoredFleet } from '../registry/store/stored-fleet.js';
import type { Announcement, BalancerDirectory } from './balancer-directory.js';
import { parseNotice, writeView, type Notice } from './notice.js';
import { StoreLink } from './store-link.js';
import { ThisBalancer } from './this-balancer.js';

/** Injection key of the directory; its value is undefined where the registry is not shared. */
export const BALANCER_DIRECTORY = Symbol('BALANCER_DIRECTORY');

/** How often a balancer announces itself, milliseconds; and while a backend drains. */
const EVERY_MS = 1_000;
const EVERY_MS_IN_DRAINS = 100;
/** How often it is asked whether all others know of a drain, milliseconds. */
const ASK_MS = 25;
/**
 * A balancer that was not seen for so long takes no part, milliseconds. By then it places no requests: its fleet is no longer
 * valid.
 */
const LIVE_MS = 3_000;
/** How long a drain waits for what others had in flight when the store went away, milliseconds. */
const TRUSTED_MS = 10_000;
/** What was heard of the others says nothing of the present after this long, milliseconds. */
const FRESH_MS = 2_000;

/** A process that listens where this one does is being replaced by it, or replaces it, for this long at most. Milliseconds. */
const MAX_REPLACEMENT_MS = 120_000;

/** Another balancer. */
export interface Peer {
  readonly instance: string;
  readonly notice: Notice;
  /** When it announced itself, a time of `performance.now()`. */
  readonly seenAtMs: number;
  /** The same of the first time that it was seen. */
  readonly firstSeenAtMs: number;
  /** Until when it takes part if it is not seen again, likewise. */
  readonly liveUntilMs: number;
}

@Injectable()
export class Peers implements OtherBalancers, OnApplicationBootstrap, OnModuleDestroy {
  /** Duration of the last announcement, milliseconds. */
  latencyMs: number | undefined;

  private peers: ReadonlyMap<string, Peer> = new Map();
  private live: ReadonlyMap<string, string> | undefined;
  private shownView = '';
  private shownAtMs = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  private announcing: Promise<void> | undefined;
  /** When the others were asked last, a time of `performance.now()`. */
  private heardAtMs = -Infinity;
  private isClosed = false;
  private isEnding = false;
  private isIdTaken = false;

  constructor(
    @Inject(BALANCER_DIRECTORY) private readonly directory: BalancerDirectory | undefined,
    private readonly stored: StoredFleet,
    private readonly registry: RegistryService,
    private readonly link: StoreLink,
    private readonly self: ThisBalancer,
    private readonly facts: ClusterFacts,
    private readonly events: EventLog,
  ) {}

  /** All that were seen within the last minute. */
  get all(): readonly Peer[] {
    return [...this.peers.values()];
  }

  /** Whether a balancer still takes part. While the store is away, that cannot be known. */
  isLive(peer: Peer): boolean {
    return performance.now() < peer.liveUntilMs;
  }

  /** The balancers that serve the fleet now, this one included. */
  get liveCount(): number {
    return 1 + this.livePeers().filter(({ notice }) => !notice.isEnding).length;
  }

  /** Before this balancer accepts clients, the others know that their drains concern it. */
  async onApplicationBootstrap(): Promise<void> {
    if (!this.directory) return;
    this.registry.departures.others = this;
    this.link.onDrain(() => this.announceSoon());
    this.link.onReturn(() => this.waitForOthers());
    await this.announce();
  }

  /** This balancer shuts down: it takes no new clients. */
  beginEnd(): void {
    this.isEnding = true;
    if (this.directory) this.announceSoon();
  }

  async onModuleDestroy(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await this.announcing;
    if (this.link.isCurrent) await this.directory?.withdraw().catch(() => {});
    await this.directory?.close();
  }

  async whenAcknowledged(): Promise<void> {
    const { lastVersion } = this.stored.changes;
    while (this.link.isCurrent && !this.isClosed) {
      await this.announce();
      if (this.livePeers().every(({ notice }) => notice.applied >= lastVersion)) return;
      await sleep(ASK_MS);
    }
  }

  areDone(id: string): boolean {
    if (!this.link.isCurrent) return this.wereDone(id);
    const { changes } = this.stored;
    if (changes.find(id) || performance.now() - this.heardAtMs > FRESH_MS) return false;
    const version = changes.known.versionOf(id);
    return this.livePeers().every(({ notice }) => notice.applied >= version && inFlightOf(notice, id) === 0);
  }

  /** While the store is away: whether the others had nothing in flight when they were heard last. */
  private wereDone(id: string): boolean {
    if (performance.now() - this.heardAtMs > TRUSTED_MS) return true;
    return this.all.every(({ instance, notice }) => !this.live?.has(instance) || inFlightOf(notice, id) === 0);
  }

  /** The store is back: the balancers that took part before it went away will announce themselves as well. */
  private waitForOthers(): void {
    const liveUntilMs = performance.now() + LIVE_MS;
    this.peers = new Map(
      this.all.map((peer) => [peer.instance, this.live?.has(peer.instance) ? { ...peer, liveUntilMs } : peer]),
    );
    this.shownView = '';
    this.announceSoon();
  }

  private livePeers(): Peer[] {
    return this.all.filter((peer) => this.isLive(peer));
  }

  private announceSoon(): void {
    void this.announce();
  }

  /** One at a time; resolves when one has been made that began after this call. */
  private async announce(): Promise<void> {
    await this.announcing;
    this.announcing ??= this.announceNow().finally(() => (this.announcing = undefined));
    await this.announcing;
  }

  private async announceNow(): Promise<void> {
    clearTimeout(this.timer);
    const inFlight = this.drainsInFlight();
    if (this.directory && this.link.isCurrent) await this.exchange(this.directory, inFlight);
    const isDraining = Object.keys(inFlight).length > 0;
    if (this.isClosed) return;
    this.timer = setTimeout(() => this.announceSoon(), isDraining ? EVERY_MS_IN_DRAINS : EVERY_MS).unref();
  }

  private async exchange(directory: BalancerDirectory, inFlight: Notice['inFlight']): Promise<void> {
    const startedAt = performance.now();
    const notice: Notice = {
      ...this.self.facts,
      applied: this.link.appliedVersion,
      inFlight,
      isEnding: this.isEnding,
    };
    try {
      const announcements = await directory.announce(JSON.stringify(notice));
      const now = performance.now();
      this.latencyMs = now - startedAt;
      this.heardAtMs = startedAt;
      this.learn(announcements, now);
      await this.show(directory);
    } catch (error) {
      this.link.fail(error);
    }
  }

  private async show(directory: BalancerDirectory): Promise<void> {
    if (performance.now() - this.shownAtMs < EVERY_MS / 2) return;
    const view = writeView(this.self.backends());
    this.shownAtMs = performance.now();
    if (view === this.shownView) return;
    await directory.show(view);
    this.shownView = view;
  }

  private learn(announcements: readonly Announcement[], now: number): void {
    // A directory that was emptied does not list the balancers that take part.
    const peers = new Map(this.livePeers().map((peer) => [peer.instance, peer]));
    for (const announcement of announcements) {
      const { instance, notice: text } = announcement;
      if (instance === this.stored.instance) continue;
      const notice = parseNotice(text);
      if (notice) peers.set(instance, this.peerOf(announcement, notice, now));
      else if (text === '') peers.delete(instance);
    }
    this.peers = peers;
    const live = new Map(this.livePeers().map(({ instance, notice }) => [instance, notice.id]));
    this.facts.liveBalancers = this.liveCount;
    this.recordChanges(this.live ?? live, live);
    this.live = live;
    this.checkId();
  }

  private peerOf({ instance, ageMs }: Announcement, notice: Notice, now: number): Peer {
    const before = this.peers.get(instance);
    const seenAtMs = now - ageMs;
    const liveUntilMs = Math.max(seenAtMs + LIVE_MS, before?.liveUntilMs ?? -Infinity);
    return { instance, notice, seenAtMs, firstSeenAtMs: before?.firstSeenAtMs ?? seenAtMs, liveUntilMs };
  }

  private recordChanges(before: ReadonlyMap<string, string>, live: ReadonlyMap<string, string>): void {
    const evidence = { balancers: 1 + live.size };
    for (const [instance, id] of live) {
      if (!before.has(instance))
        this.events.recordFleetEvent('balancer-joined', `the balancer ${id} has joined`, evidence);
    }
    for (const [instance, id] of before) {
      if (live.has(instance)) continue;
      const how = this.peers.has(instance) ? `was not seen for ${LIVE_MS / 1000} s` : 'has shut down';
      this.events.recordFleetEvent('balancer-left', `the balancer ${id} ${how}`, evidence);
    }
  }

  /** A balancer of this id that has announced itself again since it was first seen is no earlier process of this one. */
  private checkId(): void {
    const { id } = this.self;
    const other = this.livePeers().find(
      (peer) =>
        peer.notice.id === id &&
        !peer.notice.isEnding &&
        peer.seenAtMs - peer.firstSeenAtMs > this.allowedOverlapMs(peer),
    );
    if (other && !this.isIdTaken) {
      const reason = `another balancer, at ${other.notice.address}, has the id ${id} too: set BALANCER_ID to another one`;
      this.events.recordFleetEvent('balancer-id-taken', reason);
    }
    this.isIdTaken = other !== undefined;
  }

  /** The process that this one replaces, and took its sockets over from, goes on until its requests have ended. */
  private allowedOverlapMs({ notice }: Peer): number {
    return notice.address === this.self.facts.address ? MAX_REPLACEMENT_MS : EVERY_MS / 2;
  }

  private drainsInFlight(): Notice['inFlight'] {
    return Object.fromEntries(this.self.draining().map(({ id, inFlight }) => [id, inFlight]));
  }
}

/** Ids may be names of what every object has. */
function inFlightOf({ inFlight }: Notice, id: string): number {
  return Object.hasOwn(inFlight, id) ? inFlight[id] : 0;
}

// The Redis server of a cluster, which can be killed and started again on the same port.
import { z } from 'zod';
import { pathOf } from '../../../scripts/programs.ts';
import { until } from '../../processes/until.ts';
import { startRedis, type RedisServer } from '../../processes/redis-server.ts';
import type { Stage } from '../scenario.ts';

// As decision 42 and apps/balancer/src/registry/store/redis have them, with the default prefix.
const BACKENDS = '{fairlead}:backends';
const CHANGES = '{fairlead}:changes';

const texts = z.array(z.string());
const entries = z.array(z.tuple([z.string(), texts]));
const kept = z.object({
  version: z.number(),
  backend: z.object({ labels: z.record(z.string(), z.string()).optional() }),
});

/** What the suite looks at of a stored backend. */
export type KeptRecord = z.infer<typeof kept>;

export class RegistryServer {
  readonly port: number;
  private readonly stage: Stage;
  private options: readonly string[];
  private server: RedisServer | undefined;

  private constructor(stage: Stage, port: number) {
    this.stage = stage;
    this.port = port;
    this.options = ['--dir', stage.folder];
  }

  /** It keeps nothing on the disk. */
  static async start(stage: Stage): Promise<RegistryServer> {
    const [port] = await stage.ports(1);
    const registry = new RegistryServer(stage, port);
    await registry.start();
    return registry;
  }

  /** Starts it again, after `kill`; it listens when this resolves. */
  async start(): Promise<void> {
    const path = pathOf('redis-server') ?? 'redis-server';
    const atEnd = (cleanup: () => Promise<void> | void) => this.stage.onEnd(cleanup);
    this.server = await startRedis(path, this.options, { port: this.port, atEnd });
  }

  /** From now on, it has all that it has acknowledged when it is started again. */
  async keepOnDisk(): Promise<void> {
    await this.command('CONFIG', 'SET', 'appendfsync', 'always');
    await this.command('CONFIG', 'SET', 'appendonly', 'yes');
    const isWritten = async () => /aof_rewrite_in_progress:0/.test(String(await this.command('INFO', 'persistence')));
    await until('Redis to have written its file', isWritten);
    this.options = [...this.options, '--appendonly', 'yes', '--appendfsync', 'always'];
  }

  /** SIGKILL; it is dead when this resolves. */
  async kill(): Promise<void> {
    await this.server?.process.end();
  }

  /** SIGSTOP: connections stay open, and nothing comes from it. */
  pause(): void {
    this.server?.process.signal('SIGSTOP');
  }

  /** SIGCONT: it carries out what was sent to it meanwhile. */
  resume(): void {
    this.server?.process.signal('SIGCONT');
  }

  /** Sends a command, as an operator would; returns the reply. */
  async command(...words: string[]): Promise<unknown> {
    return this.server?.command(...words);
  }

  /** The ids of the stored backends. */
  async storedIds(): Promise<string[]> {
    return texts.parse(await this.command('HKEYS', BACKENDS));
  }

  /** A stored backend; undefined when there is none. */
  async recordOf(id: string): Promise<KeptRecord | undefined> {
    const text = z
      .string()
      .nullable()
      .parse(await this.command('HGET', BACKENDS, id));
    return text === null ? undefined : kept.parse(JSON.parse(text));
  }

  /** The changes of a backend that are still in the stream, oldest first. */
  async changesOf(id: string): Promise<{ readonly version: number }[]> {
    const stream = entries.parse(await this.command('XRANGE', CHANGES, '-', '+'));
    const ofBackend = stream.filter(([, fields]) => fields[fields.indexOf('id') + 1] === id);
    return ofBackend.map(([entry]) => ({ version: Number(entry.split('-')[0]) }));
  }
}

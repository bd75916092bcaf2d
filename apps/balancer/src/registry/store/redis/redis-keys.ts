// The names of the keys. The braces keep them on one node of a cluster, where a script may use them together.

/** Every script is given these, in this order: scripts/prelude.ts. */
const NAMES = ['meta', 'backends', 'leases', 'changes', 'aside', 'shares'] as const;

export type KeyName = (typeof NAMES)[number];

export class RedisKeys {
  /** All of them, as scripts take them. */
  readonly all: readonly string[];

  constructor(private readonly prefix: string) {
    this.all = NAMES.map((name) => this.of(name));
  }

  of(name: KeyName): string {
    return `{${this.prefix}}:${name}`;
  }
}

// The keepers of the registry, for the suite that holds for all of them: how each is opened, damaged, and made to wait.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { onTestFinished } from 'vitest';
import { loadBalancerConfig } from '../../apps/balancer/src/config/balancer.config.js';
import { MemoryStore } from '../../apps/balancer/src/registry/store/memory-store.js';
import { RECORD_FORMAT } from '../../apps/balancer/src/registry/store/record-format.js';
import type { RegistryStore } from '../../apps/balancer/src/registry/store/registry-store.js';
import { SqliteStore } from '../../apps/balancer/src/registry/store/sqlite-store.js';

/** One place where records are kept, empty at first. */
export interface Keeper {
  /** Opens it as one more process would, with these resources. */
  readonly open: (variables?: Record<string, string>) => RegistryStore;
  /** Lets time pass by the clock of the store, while a balancer looks for lapsed leases every second. */
  readonly elapse: (seconds: number, store: RegistryStore) => Promise<void>;
  /** The same without a call of `lapsed`. */
  readonly elapseUnseen: (seconds: number) => Promise<void>;
  /** Makes all shares older. */
  readonly ageShares: (seconds: number) => Promise<void>;
}

/** One whose records others may damage. */
export interface DamageableKeeper extends Keeper {
  /** Changes the record of a backend behind the store's back. */
  readonly damage: (id: string, kind: 'newer-format' | 'corrupt') => Promise<void>;
  /** What is kept of a backend, as it stands there; undefined for nothing. */
  readonly kept: (id: string) => Promise<string | undefined>;
}

/** Opens stores that are closed when the test ends. */
export function closedAtEnd<Store extends RegistryStore>(store: Store): Store {
  onTestFinished(() => store.close());
  return store;
}

export async function memoryKeeper(): Promise<Keeper> {
  let seconds = 0;
  const store = new MemoryStore(undefined, () => seconds);
  return {
    open: () => store,
    elapse: async (more, store) => {
      for (let i = 0; i < more; i++) {
        seconds++;
        await store.lapsed();
      }
    },
    elapseUnseen: async (more) => void (seconds += more),
    ageShares: async (more) => void (seconds += more),
  };
}

export async function sqliteKeeper(): Promise<DamageableKeeper> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-keeper-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'registry.sqlite');
  let seconds = 0;
  const withDatabase = <Result>(use: (database: DatabaseSync) => Result): Result => {
    const database = new DatabaseSync(path);
    try {
      return use(database);
    } finally {
      database.close();
    }
  };
  const damages = { 'newer-format': `format = ${RECORD_FORMAT + 1}`, corrupt: `resources = '{"compute":'` };
  return {
    open: (variables = {}) =>
      closedAtEnd(new SqliteStore(path, loadBalancerConfig({ REGISTRY_FILE: path, ...variables }), () => seconds)),
    elapse: async (more, store) => {
      for (let i = 0; i < more; i++) {
        seconds++;
        await store.lapsed();
      }
    },
    elapseUnseen: async (more) => void (seconds += more),
    ageShares: async (more) =>
      withDatabase((database) => {
        database.prepare('UPDATE shares SET written_at = written_at - ?').run(more);
      }),
    damage: async (id, kind) =>
      withDatabase((database) => {
        database.prepare(`UPDATE backends SET ${damages[kind]} WHERE id = ?`).run(id);
      }),
    kept: async (id) =>
      withDatabase((database) => {
        const row = database.prepare('SELECT * FROM backends WHERE id = ?').get(id);
        return row && JSON.stringify(row);
      }),
  };
}

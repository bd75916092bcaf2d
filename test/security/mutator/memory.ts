// Whether the memory of a balancer stays flat: what it holds after a collection, in the first third of a run and in the last.
import { inspectable } from '../../chaos/support/live-memory.ts';
import { quantile } from '../../chaos/account.ts';
import { reservePorts } from '../../processes/ports.ts';
import type { AtEnd } from '../../support/lifetime.ts';

const MEBIBYTE = 2 ** 20;
/** Code that is compiled late, and pools that grow to their limit. Bytes. */
const ALLOWED_GROWTH = 24 * MEBIBYTE;
/** In a shorter run the pools are still being filled. */
const MIN_SECONDS = 120;

export interface MemoryWatch {
  /** What the balancer must be started with. */
  readonly variables: Readonly<Record<string, string>>;
  /** Takes a sample if one is due. */
  sample(pid: number): Promise<void>;
  /** The growth in words, and whether that is too much. */
  result(): { readonly words: string; readonly isTooMuch: boolean };
}

/** No watch: for runs that are too short to say anything. */
export const UNWATCHED: MemoryWatch = {
  variables: {},
  sample: () => Promise.resolve(),
  result: () => ({ words: 'memory not watched', isTooMuch: false }),
};

/** Takes at most 30 samples over `seconds`. Each collects all garbage, during which the balancer stands still. */
export async function watchMemory(seconds: number, atEnd: AtEnd): Promise<MemoryWatch> {
  const { variables, residentAfterCollection } = await inspectable({ ports: reservePorts, onEnd: atEnd });
  const samples: number[] = [];
  const everyMs = Math.max(2_000, (seconds * 1_000) / 30);
  let dueMs = performance.now() + everyMs;
  return {
    variables,
    sample: async (pid) => {
      if (performance.now() < dueMs) return;
      dueMs = performance.now() + everyMs;
      samples.push(await residentAfterCollection({ pid }));
    },
    result: () => {
      const third = Math.floor(samples.length / 3);
      const [first, last] = [samples.slice(0, third), samples.slice(samples.length - third)].map((some) =>
        quantile(some, 0.5),
      );
      const words = `resident memory ${(first / MEBIBYTE).toFixed(0)} → ${(last / MEBIBYTE).toFixed(0)} MiB`;
      return { words, isTooMuch: seconds >= MIN_SECONDS && last - first > ALLOWED_GROWTH };
    },
  };
}

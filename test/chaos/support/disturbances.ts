// What happens to a backend in the soak: one thing at a time, chosen by chance, and it is well again afterwards.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChaosBackend } from '../scenario.ts';

/** A backend and what can be done to it. */
export interface Victim {
  readonly backend: ChaosBackend;
  /** Resets all its connections; undefined: there is no way to. */
  readonly reset: (() => void) | undefined;
  /** Whether it leaves and joins by itself. */
  readonly isMember: boolean;
}

export const DISTURBANCES = ['kill', 'stop', 'reset', 'rejoin'] as const;
export type Disturbance = (typeof DISTURBANCES)[number];

/** How long a backend is away. Milliseconds. */
const AWAY_MS = 1_000;

/** Returns when the backend is there again. */
export async function disturb({ backend, reset }: Victim, disturbance: Disturbance): Promise<void> {
  switch (disturbance) {
    case 'kill':
      await backend.kill();
      await sleep(AWAY_MS);
      await backend.start();
      return;
    case 'stop':
      backend.pause();
      await sleep(AWAY_MS);
      backend.resume();
      return;
    case 'reset':
      reset?.();
      return;
    case 'rejoin':
      await backend.leave();
      await backend.start();
      return;
    default: {
      const exhaustive: never = disturbance;
      throw new Error(`unknown disturbance ${String(exhaustive)}`);
    }
  }
}

/** What can be done to a victim. */
export function possible({ reset, isMember }: Victim): Disturbance[] {
  return DISTURBANCES.filter((each) => (each !== 'reset' || reset) && (each !== 'rejoin' || isMember));
}

/** Numbers from 0 to 1 (mulberry32): the same seed gives the same soak. */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of the choices, each as likely. */
export function oneOf<T>(choices: readonly T[], random: () => number): T {
  return choices[Math.floor(random() * choices.length)];
}

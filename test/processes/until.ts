// Waits for conditions that no event announces.
import { setTimeout as sleep } from 'node:timers/promises';

/** Generous, because it only bounds how long a failure takes: a busy machine must not fail a test. Milliseconds. */
const PATIENCE_MS = 60_000;
const LOOK_AGAIN_MS = 15;

/** Polls until the condition holds. @throws {Error} when it does not within `withinMs`. */
export async function until(
  what: string,
  isSo: () => Promise<boolean> | boolean,
  withinMs: number = PATIENCE_MS,
): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`waited ${withinMs / 1000} s for ${what}`);
    await sleep(LOOK_AGAIN_MS);
  }
}

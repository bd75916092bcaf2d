// How long the fixtures of a test live.
import { afterAll, beforeAll, onTestFinished } from 'vitest';

/** Leaves a function that ends a fixture. */
export type AtEnd = (cleanup: () => Promise<void> | void) => void;

/** Ends a fixture when the test that made it ends. */
export const whenTestEnds: AtEnd = (cleanup) => onTestFinished(cleanup);

/**
 * Makes a fixture once for all tests of the `describe` around it: for tests that start no process of their own because
 * none of them leaves anything behind in it. The fixture is there once a test runs.
 */
export function shared<Fixture>(make: (atEnd: AtEnd) => Promise<Fixture>): { readonly current: Fixture } {
  const cleanups: (() => Promise<void> | void)[] = [];
  let fixture: Fixture | undefined;
  beforeAll(async () => {
    fixture = await make((cleanup) => cleanups.push(cleanup));
  });
  afterAll(async () => {
    for (const cleanup of cleanups.toReversed()) await cleanup();
  });
  return {
    get current() {
      if (fixture === undefined) throw new Error('a shared fixture is there only while tests run');
      return fixture;
    },
  };
}

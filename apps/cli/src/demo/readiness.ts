// Waits until processes that were just started are ready.
import { setTimeout as sleep } from 'node:timers/promises';

const TIMEOUT_MS = 60_000;
const POLL_MS = 50;

/** What was waited for is not ready in time. */
export class ReadinessError extends Error {}

/** Resolves when `url` responds with 2xx, or `isOver`. @throws {ReadinessError} when it does not in time. */
export function whenReady(url: string, isOver: () => boolean): Promise<void> {
  return poll(url, (response) => response.ok, isOver);
}

/** Resolves when `count` backends are up, or `isOver`. @throws {ReadinessError} when they are not in time. */
export function whenBackendsUp(control: string, count: number, isOver: () => boolean): Promise<void> {
  const areUp = async (response: Response) => {
    const { fleet } = (await response.json()) as { readonly fleet: { readonly up: number } };
    return fleet.up >= count;
  };
  return poll(`${control}/api/v1/metrics`, areUp, isOver);
}

async function poll(
  url: string,
  isReady: (response: Response) => boolean | Promise<boolean>,
  isOver: () => boolean,
): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS;
  while (!isOver()) {
    if (await fetch(url).then(isReady, () => false)) return;
    if (performance.now() > deadline) {
      throw new ReadinessError(`${url} is not ready after ${TIMEOUT_MS / 1000} s; the log above says more`);
    }
    await sleep(POLL_MS);
  }
}

// Waits until processes that were just started are ready.
import { setTimeout as sleep } from 'node:timers/promises';

const TIMEOUT_MS = 60_000;
const REQUEST_TIMEOUT_MS = 5_000;
const POLL_MS = 50;

/** Resolves when `url` responds with 2xx, or `isOver`. @throws {Error} when it does not in time. */
export function whenReady(url: string, isOver: () => boolean): Promise<void> {
  return poll(url, (response) => response.ok, isOver);
}

/** Resolves when `count` backends are up, or `isOver`. @throws {Error} when they are not in time. */
export function whenBackendsUp(control: string, count: number, isOver: () => boolean): Promise<void> {
  const areUp = async (response: Response) => {
    if (!response.ok) return false;
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
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const ready = fetch(url, { signal }).then(isReady);
    // A process that has just begun to listen may also cut a response off.
    if (await ready.catch(() => false)) return;
    if (performance.now() > deadline) {
      throw new Error(`${url} is not ready after ${TIMEOUT_MS / 1000} s; the log above says more`);
    }
    await sleep(POLL_MS);
  }
}

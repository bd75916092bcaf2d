// Caches compiled code next to the build, since compiling takes a good part of a start.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Inside the build, so that writing to the cache takes the same permission as writing to the build. */
const FOLDER = fileURLToPath(new URL('../../../compile-cache', import.meta.url));

/**
 * Loads compiled code from the cache from now on, and adds to it when this thread exits normally. Without write
 * permission nothing is cached. `NODE_COMPILE_CACHE` names another folder; `NODE_DISABLE_COMPILE_CACHE=1` turns the
 * cache off.
 */
export function useCompileCache(): void {
  enableCompileCache(FOLDER);
}

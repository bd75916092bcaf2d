// Compiled code is kept beside the build from one start to the next: compiling is a good part of what a start takes.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

/** In the build, so that only those can put code there who could put it into the build. */
const FOLDER = fileURLToPath(new URL('../../../../compile-cache', import.meta.url));

/**
 * From here on what is loaded comes from there, or is put there when this thread ends in order. Where nothing can be
 * written, nothing is kept. `NODE_COMPILE_CACHE` names another folder, `NODE_DISABLE_COMPILE_CACHE=1` switches it off.
 */
export function useCompileCache(): void {
  enableCompileCache(FOLDER);
}

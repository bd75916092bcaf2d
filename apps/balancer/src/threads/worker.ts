// The entry of a data-plane thread, as main.ts is of the process.
import { useCompileCache } from '../bootstrap/compile-cache.js';

useCompileCache();
await import('./worker-main.js');

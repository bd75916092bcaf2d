// The entry of a thread of the data plane, as main.ts is that of the process.
import { useCompileCache } from '../bootstrap/compile-cache.js';

useCompileCache();
await import('./worker-main.js');

// The entry of a thread of the data plane, as main.ts is that of the process.
import { keepCompiled } from '../bootstrap/compile-cache.js';

keepCompiled();
await import('./worker-main.js');

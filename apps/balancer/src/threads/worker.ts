// The entry of a data-plane thread, as main.ts is of the process.
import { useCompileCache } from '@fairlead/compile-cache';

useCompileCache();
await import('./worker-main.js');

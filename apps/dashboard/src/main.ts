// The entry of the dashboard. Enables the compile cache before it loads anything else.
import { useCompileCache } from '@fairlead/compile-cache';

useCompileCache();
const { launch } = await import('./launch.js');
await launch();

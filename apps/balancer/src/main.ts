// The balancer's entry. All else is loaded when it is arranged that what was compiled once need not be compiled again.
import { keepCompiled } from './compile-cache.js';

keepCompiled();
const { launch } = await import('./launch.js');
await launch();

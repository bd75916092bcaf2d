// Where the files for the browser lie: in the source tree, wherever the process was started.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Seen from dist/apps/dashboard/src/pages; an image has to keep `apps/dashboard/public` beside `dist`. */
const publicFolder = fileURLToPath(new URL('../../../../../apps/dashboard/public', import.meta.url));

/** The page itself. */
export const pageFile = join(publicFolder, 'index.html');

/** Its modules, style sheets and pictures. */
export const assetFolder = join(publicFolder, 'assets');

/** The chart library, as its package ships it. */
export const uplotFolder = dirname(fileURLToPath(import.meta.resolve('uplot')));

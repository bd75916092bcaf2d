// The files for the browser. They are served from the source tree, whatever the working directory.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Relative to dist/apps/dashboard/src/pages; an image must contain `apps/dashboard/public` next to `dist`. */
const publicFolder = fileURLToPath(new URL('../../../../../apps/dashboard/public', import.meta.url));

/** The live page. */
export const pageFile = join(publicFolder, 'index.html');

/** The modules, style sheets and images of the page. */
export const assetFolder = join(publicFolder, 'assets');

/** The files of the chart library, from its package. */
export const uplotFolder = dirname(fileURLToPath(import.meta.resolve('uplot')));

// `npm run build:packages`: the libraries that are published, each with ES modules, CommonJS and declarations, into
// dist/packages, ready for `npm pack`. Libraries that are not published are built into them (docs/decisions/0036).
import { defineConfig, type UserConfig } from 'tsdown';

/** What is built of `libs/NAME`, by the names of its entry files. */
const PACKAGES: Readonly<Record<string, Record<string, string>>> = {
  registration: { index: 'src/index.ts', client: 'src/client/index.ts' },
  scheduling: { index: 'src/index.ts' },
};

function packageOf([name, entry]: [string, Record<string, string>]): UserConfig {
  const target = `../../dist/packages/${name}`;
  return {
    name,
    // Dependencies of the package.json in this folder stay imports.
    cwd: `libs/${name}`,
    entry,
    outDir: `${target}/dist`,
    format: ['esm', 'cjs'],
    platform: 'node',
    target: 'node20.19',
    tsconfig: '../../tsconfig.json',
    dts: true,
    // On a busy machine it would warn that plugins take time.
    inputOptions: { checks: { pluginTimings: false } },
    fixedExtension: false,
    copy: [
      { from: 'package.json', to: target },
      { from: 'README.md', to: target },
      { from: '../../LICENSE', to: target },
    ],
  };
}

export default defineConfig(Object.entries(PACKAGES).map(packageOf));

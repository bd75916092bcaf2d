// `npm run unused`: files, exports and dependencies that nothing uses. This file lists what knip cannot find out by itself.
import type { KnipConfig } from 'knip';

export default {
  entry: [
    // Started by package.json, in a way that knip does not read: `exec node …`, `tsx --expose-gc …`.
    'scripts/{reload,supervise}.ts',
    'bench/{decision,http1}/main.ts',
    // Started as processes or threads, by path.
    'apps/*/src/main.ts',
    'apps/balancer/src/threads/{worker,watchdog-worker}.ts',
    'bench/data-plane/naive/{bare,nest}.ts',
    'bench/handshakes/{bare-server,client}.ts',
    'examples/node/backend.mjs',
    'examples/nest/src/main.ts',
    'test/packages/apps/**/main.{ts,js}',
    'test/chaos/**/slow-{backend,client}.ts',
    'test/security/slow/backend.ts',
    // Imported by path, as `--scenario` selects them.
    'test/chaos/scenarios/**/*.ts',
    // Loaded by the browser, from index.html.
    'apps/dashboard/public/assets/main.js',
    // Kept for a later change, fair queueing between tenants. Until then only its spec uses it.
    'libs/scheduling/src/fairness/dominant-resource-fairness.ts',
  ],
  project: ['{apps,libs,bench,examples,scripts,test}/**/*.{ts,js,mjs}', '*.{ts,cjs}'],
  stryker: { entry: ['vitest.mutation.config.ts'] },
  ignoreIssues: {
    // The index of a library also exports the types that its signatures mention: `npm run docs:api` requires them.
    'libs/*/src/index.ts': ['types'],
    'libs/scheduling/src/demand/index.ts': ['types'],
    // A published package: backends outside this repository use it.
    'libs/registration/src/client/index.ts': ['exports', 'types'],
    // The schemas of the wire are what this library is for, whether or not this repository uses each of them.
    'libs/contracts/src/*.ts': ['exports', 'types'],
  },
  // A type that an exported signature of the same file mentions.
  ignoreExportsUsedInFile: { interface: true, type: true },
  // `nest start APP`, as CONTRIBUTING.md has it; nest-cli.json names the schematics. test/packages installs Nest 11 under
  // its own names.
  ignoreDependencies: ['@nestjs/cli', '@nestjs/schematics', /^nest-11-/],
  // Programs of the system that benchmarks and tests use.
  ignoreBinaries: ['apt-get', 'ip', 'mkfifo', 'strace', 'taskset'],
} satisfies KnipConfig;

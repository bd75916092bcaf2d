// The architecture as a machine checks it: `npm run deps`. docs/architecture.md says why.
const TEST_FILES = '(\\.spec|\\.fixture)\\.ts$|^libs/[^/]+/test/';
const SRC = '^apps/balancer/src/';

/** The rooms of the balancer, from the top down: a room imports those below it, and none above or beside it. */
const BALANCER_ROOMS = [
  ['main\\.ts$', 'threads/worker\\.ts$'],
  ['bootstrap/'],
  ['balancer\\.module\\.ts$'],
  ['health-checks/', 'control-plane/', 'discovery/', 'threads/(?!worker\\.ts$)'],
  ['data-plane/'],
  ['access/', 'metrics/', 'placement/'],
  ['cluster/', 'tls/'],
  ['registry/'],
  ['traffic-config/'],
  ['api-description/', 'config/', 'clock/', 'net/'],
];

/** The same inside the data plane. */
const DATA_PLANE_ROOMS = [
  ['data-plane\\.providers\\.ts$', 'local-data-plane\\.ts$'],
  ['listener\\.ts$'],
  ['fast-lane/', 'full-lane/', 'upgrade/'],
  ['relay/'],
  ['request/'],
  ['exchange/'],
  ['mirror/', 'routing/', 'stickiness/'],
  ['handshake/', 'limits/'],
  ['headers/', 'upstream/', 'io/'],
];

/** The rooms of the command, from the top down. */
const CLI_ROOMS = [
  ['main\\.ts$', 'run\\.ts$', 'program\\.ts$'],
  ['configuration/', 'demo/', 'fleet/', 'join/', 'spam/', 'start/'],
  ['balancer-api/', 'processes/'],
  ['settings/'],
  ['invocation/', 'node/', 'output/'],
];

/** The libraries that each library imports, besides itself. */
const LIBRARY_IMPORTS = {
  contracts: [],
  scheduling: [],
  http1: [],
  'compile-cache': [],
  configuration: [],
  'watched-files': [],
  tokens: ['watched-files'],
  tls: ['watched-files'],
  'traffic-config': ['contracts', 'configuration', 'scheduling'],
  'http-server': ['tls'],
  registration: ['contracts', 'tls', 'tokens'],
};

/** No import of a library that is not listed. */
function libraryRule([library, imported]) {
  return {
    name: `${library}-imports-${imported.join('-') || 'no'}-library`,
    severity: 'error',
    from: { path: `^libs/${library}/` },
    to: { path: '^libs/', pathNot: `^libs/(${[library, ...imported].join('|')})/` },
  };
}

/** No import from a row upwards. */
function downwards(base, rows) {
  const path = (rooms) => `${base}(${rooms.join('|')})`;
  return rows.slice(1).map((row, i) => ({
    name: `${row.map((room) => room.replace(/[\\$/]/g, '')).join('-')}-imports-no-room-above`,
    comment: 'Imports run down the rooms: docs/architecture.md.',
    severity: 'error',
    from: { path: path(row), pathNot: TEST_FILES },
    to: { path: path(rows.slice(0, i + 1).flat()) },
  }));
}

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...downwards(SRC, BALANCER_ROOMS),
    ...downwards(`${SRC}data-plane/`, DATA_PLANE_ROOMS),
    ...downwards('^apps/cli/src/', CLI_ROOMS),
    {
      name: 'no-command-imports-another',
      comment: 'What two groups of commands need stands in a room below both.',
      severity: 'error',
      from: { path: '^apps/cli/src/(configuration|demo|fleet|join|spam|start)/', pathNot: TEST_FILES },
      to: { path: '^apps/cli/src/(configuration|demo|fleet|join|spam|start)/', pathNot: '^apps/cli/src/$1/' },
    },
    {
      name: 'no-lane-imports-another',
      comment: 'What two lanes need stands in a room below both.',
      severity: 'error',
      from: { path: `${SRC}data-plane/(fast-lane|full-lane|upgrade)/`, pathNot: TEST_FILES },
      to: { path: `${SRC}data-plane/(fast-lane|full-lane|upgrade)/`, pathNot: `${SRC}data-plane/$1/` },
    },
    {
      name: 'header-rules-are-pure',
      comment: 'Header lists in, header lists and text out. Of Node only names: no I/O.',
      severity: 'error',
      from: { path: `${SRC}data-plane/headers/`, pathNot: TEST_FILES },
      to: {
        pathNot: `^(libs/(contracts|scheduling|traffic-config)/|${SRC.slice(1)}data-plane/headers/|node_modules/(@types/)?negotiator/|(node:)?(http|crypto|os|stream)$)`,
      },
    },
    {
      name: 'the-clock-imports-nothing',
      severity: 'error',
      from: { path: `${SRC}clock/`, pathNot: TEST_FILES },
      to: { pathNot: '^(node:)?perf_hooks$' },
    },
    {
      name: 'no-circular',
      comment: 'Modules that need each other are one module, or hide a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'apps-know-no-other-app',
      comment: 'Processes talk over the wire; what they agree on stands in libs/contracts.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'apps-import-libraries-only',
      severity: 'error',
      from: { path: '^apps/' },
      to: { path: '^(test|scripts|bench|dist)/' },
    },
    {
      name: 'libraries-by-their-index',
      comment: "What a library's index does not export is its own affair.",
      severity: 'error',
      from: { path: '^apps/', pathNot: TEST_FILES },
      to: { path: '^libs/', pathNot: '^libs/[^/]+/src/(client/)?index\\.ts$' },
    },
    {
      name: 'libraries-know-no-app',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(apps|test|scripts|bench|dist)/' },
    },
    ...Object.entries(LIBRARY_IMPORTS).map(libraryRule),
    {
      name: 'scheduling-is-pure',
      comment:
        'No Nest, no I/O, no clock, no logging: it imports nothing but itself, and a decoder and a bounded map that do none of it either.',
      severity: 'error',
      from: { path: '^libs/(scheduling|http1)/', pathNot: TEST_FILES },
      to: {
        dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'],
        pathNot: '^node_modules/(@bufbuild/protobuf|lru-cache)/',
      },
    },
    {
      name: 'the-registration-client-has-no-framework',
      comment: 'Backends without Nest install it without Nest.',
      severity: 'error',
      from: { path: '^libs/registration/src/client/', pathNot: TEST_FILES },
      to: { path: '^libs/registration/src/(?!client/)|^node_modules/(@nestjs|express|fastify|rxjs)' },
    },
    {
      name: 'folders-name-concepts',
      comment: 'A folder is called after what its files are about.',
      severity: 'error',
      from: {},
      to: { path: '/(common|utils|helpers|shared)/', pathNot: 'node_modules' },
    },
    {
      name: 'no-development-packages-at-run-time',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: TEST_FILES },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nothing-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^/assets/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};

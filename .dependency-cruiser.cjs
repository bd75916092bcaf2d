// The architecture as a machine checks it: `npm run deps`. docs/architecture.md says why.
const TEST_FILES = '(\\.spec|\\.fixture)\\.ts$|^libs/[^/]+/test/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
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
      to: { path: '^libs/', pathNot: '^libs/[^/]+/src/index\\.ts$' },
    },
    {
      name: 'libraries-know-no-app',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(apps|test|scripts|bench|dist)/' },
    },
    {
      name: 'foundations-import-no-library',
      severity: 'error',
      from: { path: '^libs/(contracts|scheduling|http1|configuration)/' },
      to: { path: '^libs/', pathNot: '^libs/$1/' },
    },
    {
      name: 'registration-imports-contracts-only',
      severity: 'error',
      from: { path: '^libs/registration/' },
      to: { path: '^libs/', pathNot: '^libs/(registration|contracts)/' },
    },
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

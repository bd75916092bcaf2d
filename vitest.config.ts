import { defineConfig } from 'vitest/config';

const compile = {
  resolve: { tsconfigPaths: true },
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
};

/** Effort of the fuzz tests, in a unit that each test documents. NaN, which is falsy, when FUZZ is not set. */
const provide = { fuzz: Number(process.env.FUZZ) };

declare module 'vitest' {
  interface ProvidedContext {
    fuzz: number;
  }
}

export default defineConfig({
  test: {
    // `npm run test:coverage`. Files that no test loads count as well.
    coverage: {
      include: ['{libs,apps}/*/src/**/*.ts'],
      exclude: ['**/*.{spec,fixture}.ts'],
      reporter: ['json-summary', 'html'],
      reportsDirectory: 'reports/coverage',
    },
    projects: [
      {
        ...compile,
        test: {
          name: 'unit',
          provide,
          // A limit for tests that hang: a busy machine must not fail one.
          testTimeout: 60_000,
          include: ['{libs,apps,bench,scripts,test/chaos,test/security}/**/*.spec.ts'],
        },
      },
      {
        ...compile,
        test: {
          name: 'e2e',
          provide,
          include: ['test/**/*.spec.ts'],
          exclude: ['test/{chaos,security}/**'],
          // Longer than any wait in a test: the wait fails first, and its message names what it waited for.
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // More than cores: many of these tests wait for a timeout of the balancer.
          maxWorkers: 3,
        },
      },
    ],
  },
});

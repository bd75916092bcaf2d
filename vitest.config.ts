import { defineConfig } from 'vitest/config';

const compile = {
  resolve: { tsconfigPaths: true },
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
};

export default defineConfig({
  test: {
    projects: [
      {
        ...compile,
        test: {
          name: 'unit',
          include: ['{libs,apps,bench,scripts,test/chaos}/**/*.spec.ts'],
        },
      },
      {
        ...compile,
        test: {
          name: 'e2e',
          include: ['test/**/*.spec.ts'],
          exclude: ['test/chaos/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});

// For `npm run test:mutation`: the tests of libs/scheduling alone, in one project.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: { include: ['libs/scheduling/src/**/*.spec.ts'] },
});

import {defineConfig} from 'vitest/config';

/** Suites of many minutes, each a command of its own: `npm run test:scp`, `npm run test:team`. */
export default defineConfig({
  test: {
    root: process.cwd(),
    pool: 'forks',
    maxWorkers: 2,
    include: ['**/*.suite.ts'],
    globalSetup: ['test/global-setup.ts'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});

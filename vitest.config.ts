import {defineConfig} from 'vitest/config';

// Temporal's native core crashes when a second thread of the same process loads it: forks everywhere.
const shared = {pool: 'forks', testTimeout: 60_000, hookTimeout: 120_000} as const;

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {test: {...shared, name: 'unit', include: ['src/**/*.test.ts', 'workflows/**/*.test.ts', 'activities/**/*.test.ts'], globalSetup: ['src/stores/contract/require-suites.ts']}},
      {test: {...shared, name: 'system', include: ['test/**/*.test.ts'], globalSetup: ['test/global-setup.ts'], testTimeout: 180_000}},
    ],
  },
});

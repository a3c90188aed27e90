import {defineConfig} from 'vitest/config';

// Temporal's native core crashes when a second thread of the same process loads it: forks everywhere.
const shared = {
  ...{pool: 'forks', testTimeout: 60_000, hookTimeout: 120_000},
  // A machine may be four times slower than the last one; who sees what it waits for goes on at once.
  expect: {poll: {timeout: 30_000}},
} as const;

const system = {
  ...{globalSetup: ['test/global-setup.ts'], testTimeout: 180_000},
  expect: {poll: {timeout: 60_000}},
};

/** What replaces a module needs a process in which nobody has loaded it. */
const MOCKED = 'src/**/*.mocked.test.ts';

/** What is measured in seconds runs alone. */
const TIMED = 'test/timed/**/*.test.ts';

/** Read by .ci/run, which wants to know what did not run. */
const report = ['json', {outputFile: 'node_modules/.cache/test-report.json'}] as const;

export default defineConfig({
  test: {
    // One more than the processors of a small machine: system tests wait as well as work.
    maxWorkers: 3,
    reporters: process.env['CI'] === undefined ? ['default'] : ['default', [...report]],
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          // A process of its own for each file would cost more than most of these files do.
          isolate: false,
          include: ['src', 'workflows', 'activities', 'dev', 'bench'].map((root) => `${root}/**/*.test.ts`),
          exclude: [MOCKED],
        },
      },
      {
        test: {
          ...shared,
          name: 'mocked',
          include: [MOCKED],
        },
      },
      {
        test: {
          ...shared,
          ...system,
          name: 'system',
          include: ['test/**/*.test.ts'],
          exclude: [TIMED],
        },
      },
      {
        test: {
          ...shared,
          ...system,
          name: 'timed',
          include: [TIMED],
          // After all others: what has to happen within seconds would be a test of the machine beside them.
          sequence: {groupOrder: 1},
          maxWorkers: 1,
        },
      },
    ],
  },
});

import {defineConfig} from 'vitest/config';

/** The whole contract at two servers without SFTP, and executions on them: minutes, so that they are a command of their own. */
export default defineConfig({
  test: {
    root: process.cwd(),
    pool: 'forks',
    maxWorkers: 2,
    include: ['test/scp/*.suite.ts'],
    globalSetup: ['test/global-setup.ts'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    disableConsoleIntercept: true,
    // Most tests wait for sockets, disks and other processes rather than for this one.
    maxWorkers: 2,
    // Processes that are started run as they do for users: oclif would load the TypeScript compiler for a developer's.
    env: { NODE_ENV: 'production' },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default', './test/support/left-out-reporter.ts'],
  },
});

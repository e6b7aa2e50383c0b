import { defineConfig } from 'vitest/config';

/** The long forms: one after the other, each printing its figures. */
export default defineConfig({
  test: {
    include: ['test/long/**/*.long.ts'],
    fileParallelism: false,
    // As for users: see vitest.config.ts.
    env: { NODE_ENV: 'production' },
    disableConsoleIntercept: true,
    reporters: ['default', './test/support/left-out-reporter.ts'],
  },
});

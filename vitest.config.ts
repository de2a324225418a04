import { defineConfig } from 'vitest/config';

/** Tests run on the real parts; PGlite takes 400 MB each, so at most two workers. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ['default', './test/closing-line.ts'],
  },
});

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The addon computes on every core already; test files side by side would only disturb those that measure time.
    fileParallelism: false,
    testTimeout: 30_000,
  },
});

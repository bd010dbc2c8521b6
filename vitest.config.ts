import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

/**
 * What measures time, or the memory and the event loop of its own process: side by side they would measure each other.
 */
const measuring = [
  'test/core/hugeCounts.test.ts',
  'test/io/word2gauss.test.ts',
  'test/native/abort.test.ts',
  'test/native/concurrency.test.ts',
  'test/pointcloud/calls.test.ts',
  'test/sphere/preparation.test.ts',
  'test/sphere/rows.test.ts',
  'test/sphere/sizes.test.ts',
];

export default defineConfig({
  // The sources, where a user has the package.
  resolve: {
    alias: [
      { find: /^denseam$/, replacement: fileURLToPath(new URL('lib/index.ts', import.meta.url)) },
      { find: /^denseam\/cli$/, replacement: fileURLToPath(new URL('lib/cli/commands.ts', import.meta.url)) },
      { find: /^denseam\/(\w+)$/, replacement: fileURLToPath(new URL('lib/$1/index.ts', import.meta.url)) },
    ],
  },
  test: {
    // Against hangs: the slowest test takes a tenth of it on two quiet cores.
    testTimeout: 60_000,
    // `npm run coverage`: what the tests reach in this process; commands that they start in others do not count.
    coverage: {
      provider: 'v8',
      include: ['lib/**/*.ts', 'experiments/**/*.ts'],
      exclude: ['**/dist/**'],
      reportsDirectory: 'out/coverage',
      reportOnFailure: true,
      reporter: ['text-summary', 'json-summary', 'html'],
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'side by side',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...measuring],
          // Most files use one core, or wait; the addon takes every core only in a few.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: measuring, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});

import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Tests on an emulated arm64 Node: vitest itself runs on this machine's Node, and starts its workers by process.execPath.
process.execPath = join(import.meta.dirname, '../../out/arm64/node');

const clone = join(import.meta.dirname, '../../out/arm64/clone');

export default defineConfig({
  root: clone,
  resolve: {
    alias: [
      { find: /^denseam$/, replacement: join(clone, 'lib/index.ts') },
      { find: /^denseam\/(\w+)$/, replacement: join(clone, 'lib/$1/index.ts') },
    ],
  },
  test: {
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 1_800_000,
    hookTimeout: 600_000,
    teardownTimeout: 60_000,
    setupFiles: join(import.meta.dirname, 'setup.ts'),
  },
});

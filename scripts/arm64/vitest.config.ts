import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Tests on an emulated Node for arm64. vitest itself runs on this machine's Node, and starts its workers by execPath.
const folder = join(import.meta.dirname, '../../out/arm64');
const clone = join(folder, 'clone');
process.execPath = join(folder, 'node');

/** Limits that tests have of their own, for the machine itself. */
const patience = {
  name: 'patience',
  enforce: 'pre' as const,
  transform: (code: string, id: string) =>
    id.endsWith('.test.ts') ? code.replaceAll(/\b(timeout: |TIME_LIMIT = )(?=\d)/g, '$1 60 * ') : undefined,
};

export default defineConfig({
  root: clone,
  plugins: [patience],
  resolve: {
    alias: [
      { find: /^denseam$/, replacement: join(clone, 'lib/index.ts') },
      { find: /^denseam\/(\w+)$/, replacement: join(clone, 'lib/$1/index.ts') },
    ],
  },
  test: {
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 60 * 60_000,
    hookTimeout: 60 * 10_000,
    setupFiles: join(import.meta.dirname, 'setup.ts'),
  },
});

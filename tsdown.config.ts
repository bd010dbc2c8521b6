import { defineConfig } from 'tsdown';

const common = {
  outDir: 'dist',
  platform: 'node',
  target: 'node20.19',
  failOnWarn: true,
  // Copied as it is (lib/addon.cjs says why), to where all chunks lie: its path must stay as it is written.
  external: './addon.cjs',
  inputOptions: { makeAbsoluteExternalsRelative: false },
  copy: 'lib/addon.cjs',
} as const;

export default defineConfig([
  // Types of Symbol.dispose, for who compiles with an older lib.
  {
    ...common,
    entry: { index: 'lib/index.ts' },
    format: ['esm', 'cjs'],
    dts: true,
    banner: { dts: '/// <reference lib="esnext.disposable" />' },
  },
  // Commands are run, never imported: one format, no types.
  { ...common, entry: { 'cli/denseam': 'lib/cli/denseam.ts' }, format: 'esm', dts: false },
]);

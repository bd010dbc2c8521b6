import { defineConfig } from 'tsdown';

/** All chunks lie in dist/, from where they require this copy of lib/native/addon.cjs; that file says why it is one. */
const addon = { id: './native/addon.cjs', external: true } as const;

const common = {
  outDir: 'dist',
  platform: 'node',
  target: 'node20.19',
  failOnWarn: true,
  plugins: { name: 'addon', resolveId: (id: string) => (id === './addon.cjs' ? addon : undefined) },
  // The addon's path must stay as it is written.
  inputOptions: { makeAbsoluteExternalsRelative: false },
  copy: { from: 'lib/native/addon.cjs', to: 'dist/native/addon.cjs' },
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

import { defineConfig } from 'tsdown';

/** All chunks lie in dist/, from where they require this copy of lib/native/addon.cjs; that file says why it is one. */
const addon = { id: './native/addon.cjs', external: true } as const;

const common = {
  outDir: 'dist',
  platform: 'node',
  target: 'node20.19',
  failOnWarn: true,
  dts: true,
  // Types of Symbol.dispose, for who compiles with an older lib.
  banner: { dts: '/// <reference lib="esnext.disposable" />' },
  plugins: { name: 'addon', resolveId: (id: string) => (id === './addon.cjs' ? addon : undefined) },
  // The addon's path must stay as it is written.
  inputOptions: { makeAbsoluteExternalsRelative: false },
  copy: { from: 'lib/native/addon.cjs', to: 'dist/native/addon.cjs' },
} as const;

export default defineConfig([
  {
    ...common,
    entry: { index: 'lib/index.ts', 'cli/denseam': 'lib/cli/denseam.ts', 'cli/commands': 'lib/cli/commands.ts' },
    format: 'esm',
  },
  // Commands are run by Node itself, which reads modules.
  { ...common, entry: { index: 'lib/index.ts' }, format: 'cjs' },
]);

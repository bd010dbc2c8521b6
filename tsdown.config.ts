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

/** The public API and its subpaths. */
const library = {
  index: 'lib/index.ts',
  'euclidean/index': 'lib/euclidean/index.ts',
  'gaussian/index': 'lib/gaussian/index.ts',
  'io/index': 'lib/io/index.ts',
  'pointcloud/index': 'lib/pointcloud/index.ts',
  'sphere/index': 'lib/sphere/index.ts',
};

/** Commands are modules only: Node itself runs them. */
const commands = { 'cli/denseam': 'lib/cli/denseam.ts', 'cli/commands': 'lib/cli/commands.ts' };

/**
 * One chunk for all that `import 'denseam'` loads, instead of one for each set of entries that share a module: the start
 * takes less time. The command line keeps chunks of its own; before it loads the library, it needs the errors alone.
 */
const chunks = {
  advancedChunks: {
    groups: [
      { name: 'errors', test: /\/lib\/core\/errors\.ts$/, priority: 1 },
      { name: 'denseam', test: /\/lib\/(?!cli\/).*(?<!\.d)\.ts$/ },
    ],
  },
};

export default defineConfig([
  { ...common, entry: { ...library, ...commands }, format: 'esm', outputOptions: chunks },
  { ...common, entry: library, format: 'cjs', outputOptions: chunks },
]);

// What may import what (docs/architecture.md has the drawing). Type imports count; dynamic imports by a variable's name do not.
import { readFileSync } from 'node:fs';

const { paths } = JSON.parse(readFileSync(new URL('tsconfig.json', import.meta.url), 'utf8')).compilerOptions;

const exactly = (file) => `^${file.replace(/^\.\//, '').replaceAll('.', '\\.').replaceAll('*', '[^/]+')}$`;

/** The files that users of the package import, directly or by a subpath. */
const published = Object.values(paths).flat().map(exactly);

/** All that is used starts from these. */
const entries = [
  ...published,
  exactly('lib/cli/denseam.ts'),
  exactly('experiments/index.ts'),
  exactly('experiments/report/page/live.ts'),
];

/** The rooms of lib/, lowest first. A room may import itself and all lower layers, but not the other rooms of its layer. */
const layers = [
  { core: '^lib/core/' },
  { native: '^lib/native/', io: '^lib/io/' },
  { memory: '^lib/memory/' },
  { gaussian: '^lib/gaussian/', euclidean: '^lib/euclidean/', pointcloud: '^lib/pointcloud/', sphere: '^lib/sphere/' },
  { index: '^lib/[^/]+$' },
  { cli: '^lib/cli/' },
];

const lib = layers.flatMap(Object.values);
const ours = '^(lib|experiments|bench|scripts|test)/';

const seesOnly = (name, from, allowed) => ({
  name: `${name}-sees-only-what-it-may`,
  severity: 'error',
  from: { path: from },
  to: { path: ours, pathNot: allowed },
});

const rooms = layers.flatMap((layer, height) => {
  const lower = layers.slice(0, height).flatMap(Object.values);
  return Object.entries(layer).map(([name, path]) => seesOnly(name, path, [path, ...lower]));
});

export default {
  forbidden: [
    ...rooms,
    seesOnly('experiments', '^experiments/', ['^experiments/', ...published]),
    seesOnly('bench', '^bench/', ['^bench/', '^lib/', '^experiments/report/']),
    seesOnly('scripts', '^scripts/(?!stress/)', [
      '^scripts/',
      '^lib/',
      '^experiments/',
      '^bench/',
      '^test/conformance/golden/',
    ]),
    // The trials use what the tests know: right arguments of every function, and files made by hand.
    seesOnly('stress', '^scripts/stress/', ['^scripts/', '^lib/', '^test/(conformance/golden|core|io|support)/']),
    {
      name: 'every-folder-of-lib-has-a-layer',
      comment: 'Give the new folder its place in the layers of .dependency-cruiser.js.',
      severity: 'error',
      from: {},
      to: { path: '^lib/', pathNot: lib },
    },
    {
      name: 'the-library-knows-no-other-package-of-ours',
      comment: 'lib/cli/extension.ts finds the commands of denseam-experiments by name, when one of them is asked for.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '(^|/)(denseam-|experiments/)' },
    },
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphan',
      comment: 'No published file and no command imports it, however indirectly.',
      severity: 'error',
      from: { path: entries },
      to: { path: '^(lib|experiments)/', pathNot: [...entries, '\\.(config\\.ts|d\\.cts)$'], reachable: false },
    },
    {
      name: 'packages-are-declared',
      comment: 'A package that users need stands in the dependencies of the package.json beside the code.',
      severity: 'error',
      // The page's script is a bundle that holds what it imports.
      from: { path: '^(lib|experiments)/', pathNot: '\\.config\\.ts$|^experiments/report/page/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'imports-resolve',
      severity: 'error',
      from: {},
      // The packages with binaries exist in a registry alone.
      to: { couldNotResolve: true, pathNot: '\\.node$|^@denseam/' },
    },
  ],
  options: {
    doNotFollow: { path: '(^|/)(node_modules|dist)/' },
    exclude: { path: '^(out|dist)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};

// Checks the includes of native/: folders see only folders below them, headers make no circle, napi.h is the binding's
// alone.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const native = join(dirname(fileURLToPath(import.meta.url)), '..', 'native');
/** From the ground up. Folders of one layer do not see each other. */
const layers = [
  ['base'],
  ['simd', 'parallel'],
  ['linalg'],
  ['memory'],
  ['euclidean'],
  ['gaussian', 'pointcloud', 'sphere'],
  ['binding'],
];

const folderOf = (file) => file.split('/')[0];
const layerOf = (folder) => layers.findIndex((layer) => layer.includes(folder));

const files = readdirSync(native, { recursive: true })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => /\.(cc|h)$/.test(file))
  .sort();
const sources = new Map(files.map((file) => [file, readFileSync(join(native, file), 'utf8')]));
const includes = new Map(
  [...sources].map(([file, source]) => [
    file,
    [...source.matchAll(/^\s*#\s*include\s*["<](.+)[">]/gm)].map((m) => m[1]),
  ]),
);

function faultOfInclude(file, included) {
  const [from, to] = [folderOf(file), folderOf(included)];
  if (/^(napi|node_api|js_native_api)\b/.test(included) && from !== 'binding') {
    return `${file} includes ${included}: only binding/ knows JavaScript`;
  }
  if (/^\.\.?\//.test(included)) return `${file} includes ${included}: paths begin at native/`;
  if (!sources.has(included) || from === to) return undefined;
  return layerOf(to) < layerOf(from) ? undefined : `${file} includes ${included}: ${to}/ is not below ${from}/`;
}

function faultsOf(file) {
  return [
    ...(layerOf(folderOf(file)) < 0
      ? [`${file}: ${folderOf(file)}/ has no layer in scripts/check-native-layers.js`]
      : []),
    ...includes.get(file).map((included) => faultOfInclude(file, included)),
  ];
}

/** The circles that a walk along the includes meets, each once. */
function circles() {
  const done = new Set();
  const found = [];
  const walk = (file, path) => {
    if (path.includes(file)) found.push(`circle: ${[...path.slice(path.indexOf(file)), file].join(' -> ')}`);
    if (done.has(file) || path.includes(file)) return;
    for (const included of includes.get(file) ?? []) walk(included, [...path, file]);
    done.add(file);
  };
  for (const file of files) walk(file, []);
  return found;
}

const faults = [...files.flatMap(faultsOf), ...circles()].filter((fault) => fault !== undefined);
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
else console.log(`native/: ${files.length} files keep the layers`);

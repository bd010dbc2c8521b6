// Fails when a source is longer than a reader can hold in mind. A file that is a table of data belongs on the list of
// exceptions.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const mostLines = 400;
const tablesOfData = new Set([]);

const isSource = (path) => /\.(ts|cts|js|cjs|cc|h)$/.test(path) && !/(^|\/)(dist|node_modules)\//.test(path);

const long = ['lib', 'native', 'experiments']
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name)))
  .filter((path) => isSource(path) && !tablesOfData.has(path))
  .map((path) => ({ path, lines: readFileSync(join(root, path), 'utf8').split('\n').length - 1 }))
  .filter(({ lines }) => lines > mostLines);

for (const { path, lines } of long) console.error(`${path}: ${lines} lines, at most ${mostLines} are allowed`);
process.exitCode = long.length === 0 ? 0 : 1;

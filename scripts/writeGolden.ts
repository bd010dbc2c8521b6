// Saves a file of every kind with this build, and what it holds, to test/conformance/golden/<version>.
// `npm run golden`, once for each version that changes a format: test/conformance/golden.test.ts reads them all, for
// ever. `npm run golden -- 0.2.0` names a version that package.json does not have yet. A folder that is there is not
// overwritten.

import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answersOf, cases } from '../test/conformance/golden/cases.ts';

const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
const folder = join('test/conformance/golden', process.argv[2] ?? version);
await mkdir(folder);
for (const { file, make } of cases) await make(join(folder, file));

// Reading a checkpoint goes on with its training and changes it, so the answers come from copies.
const copies = await mkdtemp(join(tmpdir(), 'denseam-golden-'));
try {
  for (const { file } of cases) await copyFile(join(folder, file), join(copies, file));
  await writeFile(join(folder, 'answers.json'), `${JSON.stringify(await answersOf(copies, cases), null, 1)}\n`);
} finally {
  await rm(copies, { recursive: true });
}
console.log(`${cases.length} files in ${folder}`);

// Runs the README's example, from the packed package, wherever users run it: Node from the floor on, Bun, Deno, Jest,
// vitest, contexts, worker threads, the permission model, traced copies, bundles, other package managers. Prints a
// table. Words choose rows that contain them all.
//
//   npm run test:runtimes -- node permission

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeApplication } from './application.ts';
import { allCases } from './cases.ts';
import { chosenBy, runAll } from './table.ts';
import { installTools } from './tools.ts';

const folders: string[] = [];
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'denseam-runtimes-'));
  folders.push(folder);
  return folder;
}

installTools();
try {
  const application = makeApplication(makeFolder());
  const cases = await allCases(application, makeFolder);
  runAll(chosenBy(process.argv.slice(2), cases), application.folder);
} finally {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

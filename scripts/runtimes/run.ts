// Runs the README's example, from the packed package, wherever users run it: Node from the floor on, Bun, Deno, Jest,
// vitest, contexts, worker threads, the permission model, traced copies, bundles, other package managers. Prints a table. Words choose rows
// that contain them all.
//
//   npm run test:runtimes -- node permission

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeApplication } from './application.ts';
import { allCases } from './cases.ts';
import { type Case, runAll } from './table.ts';
import { installTools } from './tools.ts';

const words = process.argv.slice(2).map((word) => word.toLowerCase());
const isChosen = ({ what, runtime }: Case) => words.every((word) => `${what} ${runtime}`.toLowerCase().includes(word));

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
  const chosen = cases.filter(isChosen);
  if (chosen.length > 0) runAll(chosen, application.folder);
  else {
    console.error(`No row contains all of these words: ${words.join(' ')}`);
    process.exitCode = 1;
  }
} finally {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

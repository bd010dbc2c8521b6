// Runs the packed package in roots of other Debian releases, made by debootstrap from the machine's own apt sources: the
// oldest of them has glibc 2.31, near the 2.28 that the binary promises. Prints a table. Words name releases.
//
//   npm run test:glibc -- bullseye

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeApplication } from '../runtimes/application.ts';
import { runAll } from '../runtimes/table.ts';
import { root as clone, installTools, node, nodeVersions } from '../runtimes/tools.ts';
import { ensureSystemPackages } from '../system-packages.js';
import { releaseCases, tooNewCase } from './cases.ts';
import { makeRoot, releases, run } from './roots.ts';

const given = process.argv.slice(2);
const names = Object.keys(releases);
const unknown = given.filter((word) => !names.includes(word));
if (unknown.length > 0) throw new Error(`No such release: ${unknown.join(', ')}. There are ${names.join(', ')}.`);
const chosen = names.filter((release) => given.length === 0 || given.includes(release));
if (process.getuid?.() !== 0) throw new Error('debootstrap and chroot need root.');

ensureSystemPackages(['glibc'], (title: string, command: string[]) => {
  console.log(title);
  run(command);
});
installTools();
const folder = mkdtempSync(join(tmpdir(), 'denseam-glibc-'));
try {
  const application = makeApplication(folder);
  const cases = chosen.flatMap((release) => {
    const root = makeRoot(release);
    cpSync(node(nodeVersions[0] as string), join(root, 'usr/local/bin/node'));
    rmSync(join(root, 'app'), { recursive: true, force: true });
    cpSync(folder, join(root, 'app'), { recursive: true, verbatimSymlinks: true });
    return releaseCases(release, root, application);
  });
  runAll(chosen.includes('bullseye') ? [...cases, tooNewCase(makeRoot('bullseye'), clone)] : cases, folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

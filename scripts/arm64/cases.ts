// What is run under emulation, and what it must print.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { filesOutput, readmeExample } from '../runtimes/application.ts';
import { smokeOutput } from '../runtimes/cases.ts';
import type { Case } from '../runtimes/table.ts';
import * as tools from '../runtimes/tools.ts';

const folder = join(tools.root, 'out/arm64');
const node = join(folder, 'node');
const version = `Node ${tools.nodeVersions[0]}`;

/** Processors that qemu has: armv8.0 alone, Graviton 2 and Ampere Altra, all that qemu knows. */
const processors = ['cortex-a53', 'neoverse-n1', 'max'];

/** Parts of the names of tests that are left out, and why. */
export const leftOut: Readonly<Record<string, string>> = {
  'resident memory': 'the emulator holds its translations of the code in the same process',
  'least eigenvalues and their directions': 'counts its random cases, of which there are too few here',
  'runs on while all threads compute': 'measures how late the event loop is',
  'does not hold up the event loop': 'measures how late the event loop is',
  'does not hold up the ones after it': 'measures a time',
  'process.exit': 'measures a time',
  'stops it promptly': 'measures a time',
  'can be aborted': 'measures a time',
  'is heard': 'measures a time',
  'is refused at once': 'measures a time',
  'take time in proportion': 'measures a time',
};

/** Random cases are few: the emulator takes ten to fifty times as long. */
const reduced = 'DENSEAM_TEST_RUNS=0.05';

function programs(processor: string): Case[] {
  const run = (what: string, args: readonly string[], expected: string | RegExp): Case => {
    const command = ['env', `QEMU_CPU=${processor}`, node, ...args];
    return { what, runtime: `${version}, ${processor}`, command, expected, timeout: 600_000 };
  };
  const values = join(folder, 'values.json');
  return [
    run('the example', ['example.mjs'], readmeExample().output),
    run('every memory, errors from C++', ['smoke.mjs'], smokeOutput),
    run('save and load', ['files.mjs'], filesOutput),
    run('numbers beside those of this machine', ['values.mjs', values, '--compare'], /^(the furthest .*)$/m),
  ];
}

function tests(what: string): Case {
  const names = Object.keys(leftOut).join('|');
  const config = join(tools.root, 'scripts/arm64/vitest.config.ts');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${join(folder, `${what}.json`)}`];
  const args = ['run', '--config', config, ...reporters, `--testNamePattern=^((?!${names}).)*$`, `test/${what}/`];
  return {
    what: `test/${what}`,
    runtime: `${version}, max`,
    command: ['env', reduced, process.execPath, tools.vitest, ...args],
    expected: /^ *Tests +(\d+ passed.*) \(\d+\)$/m,
    timeout: 7_200_000,
  };
}

export function allCases(): Case[] {
  execFileSync(process.execPath, ['scripts/arm64/values.mjs', join(folder, 'values.json')], { cwd: tools.root });
  return [
    ...processors.flatMap(programs),
    ...['conformance', 'native', 'euclidean', 'gaussian', 'pointcloud', 'sphere'].map(tests),
  ];
}

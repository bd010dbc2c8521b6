// What is run in a root, and what it must print.

import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Application, filesOutput } from '../runtimes/application.ts';
import { smokeOutput } from '../runtimes/cases.ts';
import type { Case } from '../runtimes/table.ts';
import { nodeVersions } from '../runtimes/tools.ts';
import { releases } from './roots.ts';

/** The command in the root's folder of the application, with variables of the environment before it. */
function inside(root: string, command: readonly string[], folder = '/app'): string[] {
  return ['chroot', root, 'env', `--chdir=${folder}`, ...command];
}

/** The binary for this machine, relative to the application. */
function findAddon(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const found = files.find((file) => file.endsWith('.node') && file.includes(`${process.platform}-${process.arch}`));
  if (!found) throw new Error('The application holds no binary for this machine.');
  return found;
}

/** No symbol and no version of one is missing, but for Node's own, which are in its program. */
const complete = /^(?!.*not found)(?!.*undefined symbol: (?!napi_))/s;

export function releaseCases(release: string, root: string, { output }: Application): Case[] {
  const glibc = `glibc ${releases[release]}`;
  const run = (what: string, command: readonly string[], expected: string | RegExp) => {
    return { what, runtime: `${release}, ${glibc}`, command: inside(root, command), expected };
  };
  return [
    run('the version of glibc', ['getconf', 'GNU_LIBC_VERSION'], `${glibc}\n`),
    run(`the version of Node`, ['node', '--version'], `v${nodeVersions[0]}\n`),
    run('all symbols, ldd -r', ['ldd', '-r', findAddon(join(root, 'app'))], complete),
    run('the example, ESM', ['node', 'example.mjs'], output),
    run('the example, all symbols bound at once', ['LD_BIND_NOW=1', 'node', 'example.mjs'], output),
    run('every memory, errors from C++', ['node', 'smoke.mjs'], smokeOutput),
    run('save and load', ['node', 'files.mjs'], filesOutput),
  ];
}

/**
 * The control: the clone's own build, linked against this machine's glibc, which is newer than that of the root. It must
 * not load, and the error must say why.
 */
export function tooNewCase(root: string, clone: string): Case {
  rmSync(join(root, 'control'), { recursive: true, force: true });
  cpSync(join(root, 'app'), join(root, 'control'), { recursive: true, verbatimSymlinks: true });
  cpSync(join(clone, 'build/Release/denseam.node'), join(root, 'control', findAddon(join(root, 'control'))));
  return {
    what: 'the error of a binary for a newer glibc',
    runtime: 'bullseye',
    command: inside(root, ['node', 'loadError.mjs'], '/control'),
    expected: /^DenseamError ERR_NATIVE_LOAD .*glibc is older/,
  };
}

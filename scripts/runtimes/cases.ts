// What is run: a program, in which runtime, and what it must print.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Application, filesOutput } from './application.ts';
import { bundle, bundleWithBun, traceCopy } from './bundles.ts';
import { managerCases } from './managers.ts';
import type { Case } from './table.ts';
import * as tools from './tools.ts';

const transferred = '4096 distances, the last but one 1\n';
const noAddons = /^DenseamError ERR_NATIVE_LOAD .*--allow-addons/;
/** What programs/smoke.mjs prints. */
export const smokeOutput = `euclidean recalls 9 9 9 and the same from its file
gaussian-2 recalls 7 7 and the same from its file
gaussian-40 recalls 7 7 and the same from its file
gaussian-80 recalls 7 7 and the same from its file
pointcloud recalls 7 8 and the same from its file
sphere predicts 1 of the classes and the same from its file
DenseamError ERR_NOT_POSITIVE_DEFINITE
DenseamError ERR_NOT_FINITE
`;

function nodeCases(version: string, { folder, output }: Application): Case[] {
  const permission = version.startsWith('20.') ? '--experimental-permission' : '--permission';
  const permitted = [permission, '--allow-addons', '--allow-fs-read=*', `--allow-fs-write=${join(folder, 'saved')}/*`];
  const run = (what: string, args: readonly string[], expected: string | RegExp) => {
    return { what, runtime: `Node ${version}`, command: [tools.node(version), ...args], expected };
  };
  return [
    run('the example, ESM', ['example.mjs'], output),
    run('the example, CommonJS', ['example.cjs'], output),
    run('the example, node:vm', ['example.context.cjs'], output),
    run('save and load, node:vm', ['files.context.cjs'], filesOutput),
    run('the command line', ['node_modules/denseam/dist/cli/denseam.js', '--version'], /^\d+\.\d+\.\d+\n$/),
    run('save and load', ['files.mjs'], filesOutput),
    run('every memory, errors from C++', ['smoke.mjs'], smokeOutput),
    run('a result transferred between threads', ['transfer.mjs'], transferred),
    run(`the example, ${permission}`, [...permitted, 'example.mjs'], output),
    run(`save and load, ${permission}`, [...permitted, 'files.mjs'], filesOutput),
    run('the error of --no-addons', ['--no-addons', 'loadError.mjs'], noAddons),
    run(`the error of ${permission} alone`, [permission, '--allow-fs-read=*', 'loadError.mjs'], noAddons),
  ];
}

/** Bun and Deno take the same programs. */
function otherRuntime(runtime: string, command: readonly string[], output: string): Case[] {
  const run = (what: string, program: string, expected: string) => {
    return { what, runtime, command: [...command, program], expected };
  };
  return [
    run('the example, ESM', 'example.mjs', output),
    run('the example, CommonJS', 'example.cjs', output),
    run('save and load', 'files.mjs', filesOutput),
    run('every memory, errors from C++', 'smoke.mjs', smokeOutput),
    run('a result transferred between threads', 'transfer.mjs', transferred),
  ];
}

/** On the Node that runs this script. */
function testRunners({ folder }: Application): Case[] {
  const what = 'the example, save and load, as tests';
  const vitest = [tools.vitest, 'run', '--root', folder, '--globals', '--pool=vmThreads', 'vitest.test'];
  return [
    { what, runtime: `Jest ${tools.jestVersion}`, command: [process.execPath, tools.jest, '--rootDir', folder] },
    { what, runtime: 'vitest --pool=vmThreads', command: [process.execPath, ...vitest] },
  ];
}

function installedVersion(name: string): string {
  return JSON.parse(readFileSync(join(tools.root, 'node_modules', name, 'package.json'), 'utf8')).version;
}

/** Programs that lie in folders of their own, away from the application's node_modules. */
async function copies({ folder, output }: Application, makeFolder: () => string): Promise<Case[]> {
  const nft = `nft ${installedVersion('@vercel/nft')}`;
  const esbuild = `esbuild ${installedVersion('esbuild')}`;
  const bun = `Bun ${tools.bunVersion}`;
  const run = (what: string, runtime: string, program: string) => {
    return { what, runtime, command: [process.execPath, program], expected: output };
  };
  return [
    run('the example, a traced copy, ESM', nft, await traceCopy(folder, 'example.mjs', makeFolder())),
    run('the example, a traced copy, CommonJS', nft, await traceCopy(folder, 'example.cjs', makeFolder())),
    run('the example, a bundle, ESM', esbuild, await bundle(folder, 'example.mjs', 'esm', makeFolder())),
    run('the example, a bundle, CommonJS', esbuild, await bundle(folder, 'example.cjs', 'cjs', makeFolder())),
    run('the example, a bundle for Node', bun, bundleWithBun(tools.bun, folder, 'example', makeFolder())),
  ];
}

export async function allCases(application: Application, makeFolder: () => string): Promise<Case[]> {
  return [
    ...tools.nodeVersions.flatMap((version) => nodeCases(version, application)),
    ...otherRuntime(`Bun ${tools.bunVersion}`, [tools.bun], application.output),
    ...otherRuntime(`Deno ${tools.denoVersion}`, [tools.deno, 'run', '--allow-all', '--quiet'], application.output),
    ...testRunners(application),
    ...(await copies(application, makeFolder)),
    ...(await managerCases(application, makeFolder)),
  ];
}

// The runtimes and test runners, pinned, from npm. They stay in out/runtimes/tools from one run to the next.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** npm runs scripts in the root of the project. */
export const root = resolve();
const folder = join(root, 'out/runtimes/tools');
const modules = join(folder, 'node_modules');

/** The first is the floor. */
export const nodeVersions = ['20.19.0', '22.23.5', '24.22.3', '26.12.1'];
export const bunVersion = '1.4.5';
export const denoVersion = '2.9.6';
export const jestVersion = '29.7.0';
export const pnpmVersion = '12.21.0';
export const yarnVersion = '4.18.1';

const platform = `${process.platform}-${process.arch}`;
const bunPackage = `@oven/bun-${platform.replace('arm64', 'aarch64')}`;
const denoPackage = `@deno/${platform}${process.platform === 'linux' ? '-glibc' : ''}`;

const dependencies = {
  ...Object.fromEntries(nodeVersions.map((version) => [`node-${version}`, `npm:node-${platform}@${version}`])),
  // The packages with the programs themselves: `bun` and `deno` fetch them in install scripts.
  [bunPackage]: bunVersion,
  [denoPackage]: denoVersion,
  jest: jestVersion,
  pnpm: pnpmVersion,
  '@yarnpkg/cli-dist': yarnVersion,
};

/** Runs npm install without any package's scripts, and without its talk. */
export function npmInstall(folder: string, packages: readonly string[] = []): void {
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['install', ...quiet, ...packages], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
}

export function installTools(): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  npmInstall(folder);
}

export const node = (version: string): string => join(modules, `node-${version}`, 'bin/node');
export const bun = join(modules, bunPackage, 'bin/bun');
export const deno = join(modules, denoPackage, 'deno');
export const jest = join(modules, 'jest/bin/jest.js');
export const pnpm = join(modules, 'pnpm/bin/pnpm.mjs');
export const yarn = join(modules, '@yarnpkg/cli-dist/bin/yarn.js');
export const vitest = join(root, 'node_modules/vitest/vitest.mjs');

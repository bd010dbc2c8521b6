// A user's folder, into which npm installs the packages that a release would publish.

import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { startRegistry } from '../../scripts/runtimes/registry.ts';

const execute = promisify(execFile);

export const root = resolve(import.meta.dirname, '../..');
export const platform = `${process.platform}-${process.arch}`;

export interface Release {
  /** Holds the tarballs. */
  readonly folder: string;
  /** The tarball of a package. */
  tarball(name: string): string;
  /** Runs npm in a folder against a registry of the packages, without the network. */
  npm(cwd: string, ...args: string[]): Promise<void>;
  readonly server: Server;
}

/** Packs all packages, as a release does; set-up made the binary. */
export async function packRelease(version: string): Promise<Release> {
  const folder = mkdtempSync(join(tmpdir(), 'denseam-release-'));
  execFileSync(process.execPath, ['scripts/release/pack.js', folder], { cwd: root });
  const tarballs = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  const { address, server } = await startRegistry(
    join(root, 'node_modules'),
    tarballs.map((name) => join(folder, name)),
  );
  const options = ['--registry', address, '--cache', join(folder, 'cache'), '--no-audit', '--no-fund', '--silent'];
  return {
    folder,
    tarball: (name) => join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`),
    npm: async (cwd, ...args) => {
      await execute('npm', [...args, ...options, '--ignore-scripts'], { cwd });
    },
    server,
  };
}

/** Runs Node in a folder with nothing on the path: no compiler, no CMake, no node-gyp. */
export function runNode(cwd: string, program: readonly string[]) {
  return spawnSync(process.execPath, program, { cwd, env: { PATH: '' }, encoding: 'utf8' });
}

// Roots of Debian releases, in out/glibc. They stay there from one run to the next.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root as clone } from '../runtimes/tools.ts';

/** Debian's releases and their glibc, oldest first: those that the archive still holds. */
export const releases: Readonly<Record<string, string>> = { bullseye: '2.31', bookworm: '2.36', trixie: '2.41' };

export function run([command, ...args]: readonly string[]): string {
  return execFileSync(command as string, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/** The archive that apt gets Debian's packages from. */
function archive(): string {
  const fields = ['--format', '$(REPO_URI)', 'Identifier: Packages', 'Origin: Debian', 'Label: Debian'];
  const [first = ''] = run(['apt-get', 'indextargets', ...fields]).split('\n');
  if (first === '') throw new Error("apt has no source of Debian's packages here.");
  return first;
}

/** Makes the root of a release where there is none, and returns its folder. */
export function makeRoot(release: string): string {
  const folder = join(clone, 'out/glibc', release);
  if (existsSync(folder)) return folder;
  console.log(`debootstrap ${release}`);
  const unfinished = `${folder}.part`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  run(['debootstrap', '--variant=minbase', release, unfinished, archive()]);
  renameSync(unfinished, folder);
  return folder;
}

import { cpSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { wasBuiltElsewhere } from '../../scripts/native-build.js';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'denseam-clone-')));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A clone with the cache that CMake writes. */
function builtClone(): string {
  const clone = join(folder, 'clone');
  mkdirSync(join(clone, 'build'), { recursive: true });
  const cache = `CMAKE_BUILD_TYPE:STRING=Release\nCMAKE_HOME_DIRECTORY:INTERNAL=${clone}\n`;
  writeFileSync(join(clone, 'build/CMakeCache.txt'), cache);
  return clone;
}

it('takes a build for its own where it was made, by any path to it, and where there is none', () => {
  const clone = builtClone();
  expect(wasBuiltElsewhere(clone)).toBe(false);
  symlinkSync(clone, join(folder, 'link'));
  expect(wasBuiltElsewhere(join(folder, 'link'))).toBe(false);
  rmSync(join(clone, 'build'), { recursive: true });
  expect(wasBuiltElsewhere(clone)).toBe(false);
});

it('sees that a clone was copied, or moved', () => {
  const clone = builtClone();
  cpSync(clone, join(folder, 'copy'), { recursive: true });
  expect(wasBuiltElsewhere(join(folder, 'copy'))).toBe(true);
  renameSync(clone, join(folder, 'moved'));
  expect(wasBuiltElsewhere(join(folder, 'moved'))).toBe(true);
});

it('does not trust a cache that names no folder', () => {
  const clone = builtClone();
  writeFileSync(join(clone, 'build/CMakeCache.txt'), '');
  expect(wasBuiltElsewhere(clone)).toBe(true);
});

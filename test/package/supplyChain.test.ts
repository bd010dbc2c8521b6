import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { experimentsComponents, libraryComponents, nativeComponents } from '../../scripts/release/components.js';
import { builtPlatforms } from '../../scripts/release/platforms.js';
import { thirdParty } from '../../scripts/release/third-party.js';

const root = resolve(import.meta.dirname, '../..');

/** Licences that let anybody use the package for anything, given the notice. */
const allowed = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'Unlicense'];
/** Of GCC's libraries: the exception frees what is compiled with them. */
const ofCompiler = 'GPL-3.0-or-later WITH GCC-exception-3.1';

interface Component {
  readonly name: string;
  readonly version?: string;
  readonly license: string;
  readonly text?: string;
}

describe.each([
  ['denseam', libraryComponents(root), allowed],
  ['denseam-experiments', experimentsComponents(root), allowed],
  ['the binaries', nativeComponents(root), [...allowed, ofCompiler]],
] as [string, Component[], string[]][])('what comes with %s', (name, components, licenses) => {
  it('has a licence on the short list', () => {
    expect(components.length).toBeGreaterThan(4);
    expect(components.filter(({ license }) => !licenses.includes(license))).toEqual([]);
  });

  it('is named in THIRD-PARTY.md, with its version and licence', () => {
    const text = thirdParty(name, [['packages', components]]);
    const missing = components.filter((each) => !text.includes(`${each.name} ${each.version} (${each.license})`));
    expect(missing).toEqual([]);
    expect(components.filter((each) => each.text !== undefined && !text.includes(each.text.trimEnd()))).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux')("a binary's libraries", () => {
  it('have no part of the run-time library of Fortran, whose licence the packages do not hold', () => {
    const binary = join(root, 'build/Release/denseam.node');
    const symbols = execFileSync('nm', [binary], { encoding: 'utf8', maxBuffer: 2 ** 28 });
    expect(symbols).toContain('napi_register_module_v1');
    const fortran = [...symbols.matchAll(/_gfortran_\w+|\w*quadmath\w*/g)].map(([name]) => name);
    expect(fortran).toEqual(['_gfortran_concat_string']); // native/linalg/fortran_runtime.cc
  });
});

describe('the platforms of a release', () => {
  let folder: string;
  const build = (...names: string[]) => {
    for (const name of names) mkdirSync(join(folder, 'prebuilds', name), { recursive: true });
    return () => builtPlatforms(folder);
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'denseam-platforms-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are those of which there is a binary', () => {
    expect(build('win32-x64', 'linux-arm64', 'linux-x64')()).toEqual(['linux-x64', 'linux-arm64', 'win32-x64']);
  });

  it('are some, and all known to the loader', () => {
    expect(build()).toThrow(/prebuilds\/ holds no binary: run "npm run prebuild"/);
    expect(build('linux-x64', 'sunos-x64')).toThrow(/sunos-x64/);
  });
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import tsconfig from '../../tsconfig.json' with { type: 'json' };

const root = resolve(import.meta.dirname, '../..');
const user = mkdtempSync(join(tmpdir(), 'denseam-subpaths-'));

/** `denseam/gaussian` and the like: what has both formats. */
const subpaths = Object.entries(manifest.exports)
  .filter(([path, formats]) => path !== '.' && typeof formats === 'object' && 'require' in formats)
  .map(([path]) => path.replace('./', 'denseam/'));

beforeAll(() => {
  mkdirSync(join(user, 'node_modules'));
  symlinkSync(root, join(user, 'node_modules/denseam'));
});

afterAll(() => rmSync(user, { recursive: true, force: true }));

/** What a program of the user prints, as JSON. */
function printed(format: 'module' | 'commonjs', program: string): unknown {
  const options = ['--preserve-symlinks', `--input-type=${format}`, '--eval'];
  return JSON.parse(execFileSync(process.execPath, [...options, program], { cwd: user, encoding: 'utf8' }));
}

/** The names that two modules have in common, as values and as the very same ones, and those of the second. */
const compare = `
  const names = Object.keys(part).sort();
  console.log(JSON.stringify({ names, same: names.filter((name) => part[name] === all[name]) }));`;

describe('subpaths', () => {
  it('are the rooms of the library', () => {
    const rooms = ['euclidean', 'gaussian', 'io', 'pointcloud', 'sphere'];
    expect(subpaths).toEqual(rooms.map((room) => `denseam/${room}`));
  });

  it.each(subpaths)('%s has the values of denseam, by import and by require', (subpath) => {
    const imported = printed(
      'module',
      `import * as all from 'denseam'; import * as part from '${subpath}'; ${compare}`,
    ) as { names: string[]; same: string[] };
    expect(imported.names.length).toBeGreaterThan(0);
    expect(imported.same).toEqual(imported.names);
    const required = `const all = require('denseam'); const part = require('${subpath}'); ${compare}`;
    expect(printed('commonjs', required)).toEqual(imported);
  });

  it('denseam/cli is there by import', () => {
    const program = `import * as cli from 'denseam/cli'; console.log(JSON.stringify(Object.keys(cli)))`;
    expect(printed('module', program)).toEqual(expect.arrayContaining(['defineAction', 'describeError', 'UsageError']));
  });

  it('have no name, type or value, that denseam lacks', () => {
    const paths = ['denseam', ...subpaths].map((name) => join(root, name.replace('denseam', 'lib'), 'index.ts'));
    const { options } = ts.convertCompilerOptionsFromJson({ ...tsconfig.compilerOptions, types: [] }, root);
    const program = ts.createProgram(paths, { ...options, noResolve: false });
    const checker = program.getTypeChecker();
    const [all = [], ...parts] = paths.map((path) => {
      const symbol = checker.getSymbolAtLocation(program.getSourceFile(path) as ts.SourceFile);
      return checker.getExportsOfModule(symbol as ts.Symbol).map(({ name }) => name);
    });
    expect(all).toEqual(expect.arrayContaining(parts.flat()));
  });
});

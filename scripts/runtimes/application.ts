// The package as a user has it: packed, installed by npm into an empty folder, with the README's example beside it.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmInstall, root } from './tools.ts';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
/** Within the application's folder, the tarballs of a release. */
export const packedFolder = 'packed';
const programs = join(root, 'scripts/runtimes/programs');
/** What programs/files.mjs prints. */
export const filesOutput = 'distances 0 25\n';

/** A folder in which denseam is installed, and what the README's example prints. */
export interface Application {
  readonly folder: string;
  readonly output: string;
}

/** A program in an ES module that imports denseam alone, and what it prints. */
interface Program {
  readonly text: string;
  readonly output: string;
}

export function readmeExample(): Program {
  const match = /^```js\n(.*?)^```\n```text\n(.*?)^```$/ms.exec(readFileSync(join(root, 'README.md'), 'utf8'));
  if (!match) throw new Error('README.md has no js example with a text block below it.');
  return { text: match[1] as string, output: match[2] as string };
}

const importLine = /^import (.*) from 'denseam';$/m;

/** The program for CommonJS: no import, no await outside functions. */
function asFunction({ text }: Program): string {
  return `async function program(console) {\n${text.replace(importLine, "const $1 = require('denseam');")}}\n`;
}

/** A test of what `program` prints; `test` and `expect` are globals of Jest and, with --globals, of vitest. */
function testOf({ output }: Program): string {
  return `test('prints what it should', async () => {
  const lines = [];
  await program({ log: (...words) => lines.push(words.join(' ') + '\\n') });
  expect(lines.join('')).toBe(${JSON.stringify(output)});
});
`;
}

function asModuleTest(program: Program): string {
  const body = program.text.replace(importLine, '');
  return `${importLine.exec(program.text)?.[0]}\nasync function program(console) {${body}}\n${testOf(program)}`;
}

/** The program in a context of its own, where Float64Array and Error are not those that the package knows. */
function inContext(program: Program): string {
  return `const { createContext, runInContext } = require('node:vm');
const source = ${JSON.stringify(`${asFunction(program)}program(console);`)};
runInContext(source, createContext({ require, console }));
`;
}

/** The program in every form that a case runs. */
function writeForms(folder: string, name: string, program: Program): void {
  const forms = {
    mjs: program.text,
    cjs: `${asFunction(program)}program(console);\n`,
    'context.cjs': inContext(program),
    'jest.test.js': asFunction(program) + testOf(program),
    'vitest.test.mjs': asModuleTest(program),
  };
  for (const [form, text] of Object.entries(forms)) writeFileSync(join(folder, `${name}.${form}`), text);
}

/** Makes this platform's binary, packs as a release does, and installs the library with the binary into the folder. */
export function makeApplication(folder: string): Application {
  const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  run('npm', 'run', '--silent', 'prebuild');
  run(process.execPath, 'scripts/release/pack.js', join(folder, packedFolder));
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const packages = ['denseam', `denseam-${process.platform}-${process.arch}`];
  npmInstall(
    folder,
    packages.map((name) => `./${packedFolder}/${name}-${version}.tgz`),
  );

  cpSync(programs, folder, { recursive: true });
  mkdirSync(join(folder, 'saved'));
  const example = readmeExample();
  writeForms(folder, 'example', example);
  writeForms(folder, 'files', { text: readFileSync(join(programs, 'files.mjs'), 'utf8'), output: filesOutput });
  return { folder, output: example.output };
}

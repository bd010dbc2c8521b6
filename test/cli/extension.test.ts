/** The commands of denseam-experiments where that package is not installed. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CompiledPackage, compilePackage } from '../support/compiledPackage.ts';

let compiled: CompiledPackage;
beforeAll(() => {
  compiled = compilePackage();
  rmSync(fileURLToPath(new URL('../node_modules/denseam-experiments', compiled.entry)));
}, 60_000);
afterAll(() => compiled.remove());

function denseam(...args: string[]) {
  const command = fileURLToPath(new URL('cli/denseam.js', compiled.entry));
  return spawnSync(process.execPath, [command, ...args], { encoding: 'utf8' });
}

it.each([['experiment', 'list'], ['demo'], ['data', 'list'], ['help', 'demo']])(
  '%s %s says what to install',
  (...args) => {
    const { status, stdout, stderr } = denseam(...args);
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      'Error: Expected the package denseam-experiments to be installed but it is not: npm install denseam-experiments (ERR_NOT_INSTALLED)\n',
    );
  },
);

it('are listed by --help, with the package that they need', () => {
  const { status, stdout } = denseam('--help');
  expect(status).toBe(0);
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain('runs the experiments of the papers (package denseam-experiments)');
});

it('do not stand in the way of a file of the same name', () => {
  const { status, stderr } = denseam('memory', 'info', 'demo');
  expect(status).toBe(1);
  expect(stderr).toContain('Cannot read file "demo"');
});

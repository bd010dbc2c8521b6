// Runs the README's example, from the packed package, wherever users run it: Node from the floor on, Bun, Deno, Jest,
// vitest, contexts, worker threads, the permission model, traced copies, bundles, other package managers. Prints a table. Words choose rows
// that contain them all.
//
//   npm run test:runtimes -- node permission

import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeApplication } from './application.ts';
import type { Case } from './case.ts';
import { allCases } from './cases.ts';
import { installTools } from './tools.ts';

const timeout = 60_000;
const env = { ...process.env, NO_COLOR: '1' };

/** What a run did that it should not have, in one line; undefined if nothing. */
function faultOf(result: SpawnSyncReturns<string>, expected: Case['expected']): string | undefined {
  const { status, signal, error, stdout, stderr } = result;
  if (signal === 'SIGTERM') return `no end after ${timeout / 1000} s`;
  if (error) return error.message;
  const met = expected instanceof RegExp ? expected.test(stdout) : expected === undefined || stdout === expected;
  if (status === 0 && met) return undefined;
  const lines = `${stderr}\n${stdout}`.split('\n').filter((line) => line.trim() !== '');
  const said = lines.find((line) => /^\s*(\S*Error\b|error:)/.test(line)) ?? lines[0] ?? 'printed nothing';
  return `${signal ?? `exit ${status}`}: ${said.trim()}`;
}

function printRow(what: string, runtime: string, seconds: string, result: string): void {
  console.log(`${what.padEnd(46)} ${runtime.padEnd(24)} ${seconds.padStart(7)}  ${result}`);
}

/** Runs one case and prints its row; returns whether it passed. */
function runCase({ what, runtime, command: [program, ...args], expected }: Case, cwd: string): boolean {
  const start = performance.now();
  const fault = faultOf(spawnSync(program as string, args, { cwd, env, encoding: 'utf8', timeout }), expected);
  printRow(what, runtime, ((performance.now() - start) / 1000).toFixed(1), fault ?? 'passes');
  return fault === undefined;
}

function runAll(cases: readonly Case[], cwd: string): void {
  printRow('what', 'in', 'seconds', 'result');
  const passed = cases.filter((each) => runCase(each, cwd)).length;
  console.log(`\n${passed} passed, ${cases.length - passed} failed`);
  if (passed < cases.length) process.exitCode = 1;
}

const words = process.argv.slice(2).map((word) => word.toLowerCase());
const isChosen = ({ what, runtime }: Case) => words.every((word) => `${what} ${runtime}`.toLowerCase().includes(word));

const folders: string[] = [];
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'denseam-runtimes-'));
  folders.push(folder);
  return folder;
}

installTools();
try {
  const application = makeApplication(makeFolder());
  const cases = await allCases(application, makeFolder);
  const chosen = cases.filter(isChosen);
  if (chosen.length > 0) runAll(chosen, application.folder);
  else {
    console.error(`No row contains all of these words: ${words.join(' ')}`);
    process.exitCode = 1;
  }
} finally {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

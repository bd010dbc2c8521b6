// A table of programs: what is run, in which runtime, and whether it printed what it must.

import { type SpawnSyncReturns, spawnSync } from 'node:child_process';

export interface Case {
  readonly what: string;
  readonly runtime: string;
  readonly command: readonly string[];
  /**
   * The whole standard output, or a pattern of it, whose first group is printed; undefined where the exit code says all.
   */
  readonly expected?: string | RegExp;
  /** In milliseconds; a minute unless it says otherwise. */
  readonly timeout?: number;
}

const env = { ...process.env, NO_COLOR: '1' };

/** What a run did that it should not have, in one line; undefined if nothing. */
function faultOf(result: SpawnSyncReturns<string>, { expected, timeout = 60_000 }: Case): string | undefined {
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
function runCase(each: Case, cwd: string): boolean {
  const { what, runtime, command, timeout = 60_000 } = each;
  const [program, ...args] = command;
  const start = performance.now();
  const result = spawnSync(program as string, args, { cwd, env, encoding: 'utf8', timeout });
  const fault = faultOf(result, each);
  const [, shown = ''] = each.expected instanceof RegExp ? (each.expected.exec(result.stdout) ?? []) : [];
  printRow(what, runtime, ((performance.now() - start) / 1000).toFixed(1), fault ?? `passes ${shown}`.trim());
  return fault === undefined;
}

/** The cases whose rows contain all the words. */
export function chosenBy(given: readonly string[], cases: readonly Case[]): Case[] {
  const words = given.map((word) => word.toLowerCase());
  const chosen = cases.filter(({ what, runtime }) =>
    words.every((word) => `${what} ${runtime}`.toLowerCase().includes(word)),
  );
  if (chosen.length === 0) throw new Error(`No row contains all of these words: ${given.join(' ')}`);
  return chosen;
}

/** Runs the cases, prints a row for each, and sets the exit code. */
export function runAll(cases: readonly Case[], cwd: string): void {
  printRow('what', 'in', 'seconds', 'result');
  const passed = cases.filter((each) => runCase(each, cwd)).length;
  console.log(`\n${passed} passed, ${cases.length - passed} failed`);
  if (passed < cases.length) process.exitCode = 1;
}

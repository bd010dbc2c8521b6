import { existsSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './folders.ts';
import type { Outcome } from './part.ts';

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** A run of vitest. */
export interface Tests {
  readonly command: readonly string[];
  /** What came of it, given its exit code or the signal that ended it. */
  outcome(status: number | string): Promise<Outcome>;
}

/** A run without limits of time, with these arguments; its report becomes a file. */
export function testsThrough(report: string, args: readonly string[]): Tests {
  rmSync(report, { force: true });
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=json', `--outputFile=${report}`];
  return {
    command: [process.execPath, vitest, 'run', '--testTimeout=0', ...reporters, ...args],
    async outcome(status) {
      const { passed, faults } = read(
        existsSync(report) ? JSON.parse(await readFile(report, 'utf8')) : { testResults: [] },
      );
      // No test at all, a worker that died, or an error outside the tests.
      const isWell = status === 0 && passed > 0;
      if (!isWell && faults.length === 0)
        faults.push(`vitest ended with ${status}: ${passed} tests passed, none failed`);
      return { counts: { 'tests passed': passed }, faults };
    },
  };
}

function read({ testResults }: Report): { passed: number; faults: string[] } {
  const tests = testResults.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: file.name })));
  const failed = tests.filter(({ status }) => status === 'failed');
  const broken = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    faults: [
      ...failed.map(({ file, fullName, failureMessages }) => `${file}: ${fullName}: ${firstLine(failureMessages[0])}`),
      ...broken.map(({ name, message }) => `${name}: ${firstLine(message)}`),
    ],
  };
}

function firstLine(text = ''): string {
  return text.split('\n', 1)[0] as string;
}

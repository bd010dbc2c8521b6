// The random sweeps (test/**/*.sweep.test.ts), at full size or at the size that they have in `npm test`.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { out } from './folders.ts';
import type { Outcome, Part, Settings } from './part.ts';

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const vitest = resolve('node_modules/vitest/vitest.mjs');
const report = join(out, 'sweeps.json');

async function run({ short, seed, signal, say }: Settings): Promise<Outcome> {
  await rm(report, { force: true });
  const reporters = ['--reporter=json', `--outputFile=${report}`, '--disableConsoleIntercept'];
  const size = short ? {} : { DENSEAM_SWEEPS: 'full' };
  const child = spawn(process.execPath, [vitest, 'run', '.sweep.test', '--testTimeout=0', ...reporters], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...size, DENSEAM_TEST_SEED: String(seed) },
  });
  signal.addEventListener('abort', () => child.kill());
  createInterface({ input: child.stdout }).on('line', (line) => line && say(line));
  const [status, killer] = await once(child, 'close');
  if (signal.aborted) return { counts: {}, faults: [] };
  const outcome = outcomeOf(JSON.parse(await readFile(report, 'utf8')));
  // No test at all, or an error outside the tests.
  if (status !== 0 && outcome.faults.length === 0)
    return { ...outcome, faults: [`vitest: ${killer ?? `exit ${status}`}`] };
  return outcome;
}

function outcomeOf({ testResults }: Report): Outcome {
  const tests = testResults.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: file.name })));
  const failed = tests.filter(({ status }) => status === 'failed');
  const broken = testResults.filter((file) => file.assertionResults.length === 0);
  return {
    counts: { sweeps: tests.length },
    faults: [
      ...failed.map(({ file, fullName, failureMessages }) => `${file}: ${fullName}: ${firstLine(failureMessages[0])}`),
      ...broken.map(({ name, message }) => `${name}: ${firstLine(message)}`),
    ],
  };
}

function firstLine(text = ''): string {
  return text.split('\n', 1)[0] as string;
}

export const part: Part = { name: 'sweeps', what: 'the random sweeps of the tests, through vitest', run };

// AddressSanitizer and UndefinedBehaviorSanitizer over the tests of everything native, then over a random workload,
// whose end also shows memory that was lost.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { out, root } from './folders.ts';
import type { Outcome, Part, Settings } from './part.ts';
import { type Control, runControls } from './sanitizers/controls.ts';
import { addressSanitizer, build, countingLeaks, runSanitized, type SanitizedRun } from './sanitizers/sanitizers.ts';
import { merged, outcomeOfNode, runWorkload } from './sanitizers/workload.ts';

const controls: readonly Control[] = [
  { fault: 'read past the end', sanitizer: addressSanitizer, kind: 'heap-buffer-overflow' },
  { fault: 'read after free', sanitizer: addressSanitizer, kind: 'heap-use-after-free' },
  { fault: 'index past the size', sanitizer: addressSanitizer, kind: 'ABRT' },
  { fault: 'signed overflow', sanitizer: addressSanitizer, kind: 'signed integer overflow' },
  { fault: 'lost memory', sanitizer: countingLeaks, kind: 'Direct leak' },
];

const everything = ['native', 'sphere', 'euclidean', 'pointcloud', 'gaussian'].map((name) => `test/${name}/`);
/** A file of each kind of memory, and what aborts and ends threads. */
const some = [
  'native/handles',
  'native/badinput',
  'euclidean/semantics',
  'gaussian/edit',
  'gaussian/retrieve',
  'pointcloud/semantics',
  'sphere/training',
].map((name) => `test/${name}`);

/** Sanitizers need several times the memory, and keep what was freed. */
const measuresMemory = 'resident memory';

interface Tests {
  readonly numTotalTests: number;
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

async function runTests(settings: Settings): Promise<Outcome> {
  const report = join(out, 'memory-errors-tests.json');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile=${report}`];
  const chosen = ['--testTimeout=0', '--testNamePattern', `^(?!${measuresMemory})`];
  const command = [process.execPath, vitest, 'run', ...(settings.short ? some : everything), ...chosen, ...reporters];
  const run = await runSanitized(addressSanitizer, 'memory-errors-tests', command, settings);
  if (settings.signal.aborted) return { counts: {}, faults: [] };
  return outcomeOfTests(JSON.parse(readFileSync(report, 'utf8')), run);
}

function outcomeOfTests({ testResults }: Tests, run: SanitizedRun): Outcome {
  const tests = testResults.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: file.name })));
  const failed = tests.filter(({ status }) => status === 'failed');
  const broken = testResults.filter((file) => file.assertionResults.length === 0 && file.status === 'failed');
  const passed = tests.filter(({ status }) => status === 'passed').length;
  return merged([
    outcomeOfNode(run),
    {
      counts: { 'tests passed': passed },
      faults: [
        ...failed.map(({ file, fullName, failureMessages }) => `${file}: ${fullName}: ${failureMessages[0]}`),
        ...broken.map(({ name, message }) => `${name}: ${message}`),
      ],
    },
  ]);
}

async function run(settings: Settings): Promise<Outcome> {
  const seconds = await build(addressSanitizer, settings);
  const operations = settings.short ? 300 : 6000;
  return merged([
    { counts: { 'seconds of building': seconds }, faults: [] },
    await runControls(controls, settings),
    await runTests(settings),
    await runWorkload(countingLeaks, 'memory-errors-workload', operations, settings),
  ]);
}

export const part: Part = {
  name: 'memory-errors',
  what: 'ASan and UBSan over the tests of all that is native, and over a random workload',
  run,
};

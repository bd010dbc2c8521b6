// AddressSanitizer and UndefinedBehaviorSanitizer over the tests of everything native, then over a random workload,
// whose end also shows memory that was lost.

import { join } from 'node:path';
import { out } from './folders.ts';
import type { Outcome, Part, Settings } from './part.ts';
import { type Control, runControls } from './sanitizers/controls.ts';
import { addressSanitizer, build, countingLeaks, runSanitized } from './sanitizers/sanitizers.ts';
import { merged, outcomeOfNode, runWorkload } from './sanitizers/workload.ts';
import { testsThrough } from './vitest.ts';

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

/** Parts of the names of tests that are left out: sanitizers need several times the memory and the time. */
const measuring = ['resident memory', 'is heard', 'is refused at once'];

async function runTests(settings: Settings): Promise<Outcome> {
  const chosen = [...(settings.short ? some : everything), '--testNamePattern', `^((?!${measuring.join('|')}).)*$`];
  const tests = testsThrough(join(out, 'memory-errors-tests.json'), [...chosen, '--reporter=default']);
  const run = await runSanitized(addressSanitizer, 'memory-errors-tests', tests.command, settings);
  if (settings.signal.aborted) return { counts: {}, faults: [] };
  return merged([outcomeOfNode(run), await tests.outcome(run.status)]);
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

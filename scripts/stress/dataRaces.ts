// ThreadSanitizer over the native part alone, called by eight threads at once, and over the addon in Node with worker
// threads. OpenBLAS is not instrumented: races within it, or between its calls and our code, are not seen.

import type { Outcome, Part, Settings } from './part.ts';
import { type Control, runControls } from './sanitizers/controls.ts';
import { build, driverOf, runSanitized, threadSanitizer } from './sanitizers/sanitizers.ts';
import { merged, outcomeOfProgram, outcomeOfRun, runWorkload } from './sanitizers/workload.ts';

const controls: readonly Control[] = [
  { fault: 'data race', sanitizer: threadSanitizer, kind: 'data race', byDriver: true },
  { fault: 'data race', sanitizer: threadSanitizer, kind: 'data race' },
];

async function runDriver(settings: Settings): Promise<Outcome> {
  const callsEach = settings.short ? 300 : 10_000;
  const command = [driverOf(threadSanitizer), String(settings.seed), String(callsEach)];
  const run = await runSanitized(threadSanitizer, 'data-races-native', command, settings);
  if (settings.signal.aborted) return { counts: {}, faults: [] };
  return merged([outcomeOfRun(run), outcomeOfProgram(command, run)]);
}

async function run(settings: Settings): Promise<Outcome> {
  const seconds = (await build(threadSanitizer, settings)) + (await build(threadSanitizer, settings, 'denseam-races'));
  return merged([
    { counts: { 'seconds of building': seconds }, faults: [] },
    await runControls(controls, settings),
    await runDriver(settings),
    await runWorkload(threadSanitizer, 'data-races-workload', settings.short ? 200 : 4000, settings),
  ]);
}

export const part: Part = {
  name: 'data-races',
  what: 'ThreadSanitizer over the native part, called by eight threads, and over the addon with worker threads',
  run,
};

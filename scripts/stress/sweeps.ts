// The random sweeps (test/**/*.sweep.test.ts), at full size or at the size that they have in `npm test`.

import { join } from 'node:path';
import { out } from './folders.ts';
import type { Outcome, Part, Settings } from './part.ts';
import { runCommand } from './processes.ts';
import { testsThrough } from './vitest.ts';

async function run({ short, seed, signal, say }: Settings): Promise<Outcome> {
  const size = short ? {} : { DENSEAM_SWEEPS: 'full' };
  const tests = testsThrough(join(out, 'sweeps.json'), ['.sweep.test', '--disableConsoleIntercept']);
  const ended = await runCommand(tests.command, {
    env: { ...process.env, ...size, DENSEAM_TEST_SEED: String(seed) },
    signal,
    killSignal: 'SIGTERM', // vitest ends its own processes
    onLine: (line) => line && say(line),
    stderr: 'inherit',
  });
  return signal.aborted ? { counts: {}, faults: [] } : tests.outcome(ended.status ?? `${ended.signal}`);
}

export const part: Part = { name: 'sweeps', what: 'the random sweeps of the tests, through vitest', run };

// node --expose-gc callsProcess.js SEED FIRST END: runs these sequences of calls.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { runUnits } from '../supervised.ts';
import { Sequence } from './sequence.ts';

const folder = mkdtempSync(join(tmpdir(), 'denseam-calls-'));
process.chdir(folder);
try {
  await runUnits(async (seed, unit) => {
    const anything = fc.sample(
      fc.anything({ withBigInt: true, withDate: true, withTypedArray: true, withNullPrototype: true, maxDepth: 2 }),
      { seed: seed + unit, numRuns: 30 },
    );
    return new Sequence(seed, unit, folder, anything).run();
  });
} finally {
  rmSync(folder, { recursive: true });
}

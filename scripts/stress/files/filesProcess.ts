// node filesProcess.js SEED FIRST END: damages and reads these hundreds of files.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../../lib/index.ts';
import { runUnits } from '../supervised.ts';
import { FileTrial } from './trial.ts';

const filesOfUnit = 500;

const folder = mkdtempSync(join(tmpdir(), 'denseam-files-'));
try {
  await runUnits((seed, unit) => {
    const random = new Random((BigInt(seed) << 32n) + BigInt(unit));
    return new FileTrial(random, folder).run(filesOfUnit);
  });
} finally {
  rmSync(folder, { recursive: true });
}

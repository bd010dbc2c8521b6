import { expect, test } from 'vitest';
import { Random } from '../../lib/core/random.ts';
import { FileTrial } from '../../scripts/stress/files/trial.ts';
import { temporaryDirectory } from './support.ts';

// Some of the files of `npm run stress -- files`: damaged and forged ones are read, or refused with a code, soon; never
// anything else.

const folder = temporaryDirectory();

test('damaged and forged files are read or refused', async () => {
  const count = 3000;
  const { counts, faults } = await new FileTrial(new Random(20), folder()).run(count);
  expect(faults).toEqual([]);
  expect(counts['ended: read']).toBeGreaterThan(count / 20);
  expect(counts['ended: ERR_CORRUPT_FILE']).toBeGreaterThan(count / 2);
});

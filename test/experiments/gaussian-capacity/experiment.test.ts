import { it } from 'vitest';
import { gaussianCapacity } from '../../../experiments/gaussian-capacity/experiment.ts';
import { expectFailure } from '../../support/assertions.ts';
import { MemoryParts } from '../parts.ts';
import { describeWholeRuns } from '../wholeRuns.ts';

describeWholeRuns(gaussianCapacity, ['not published', 'reproduced', 'not published']);

it.each([
  [{ counts: [1, 2] }, 'settings.counts[0]'],
  [{ dimensions: [3, 2] }, 'settings.dimensions[1]'],
  [{ recoveredShare: 2 }, 'settings.recoveredShare'],
])('refuses %o', async (change, mention) => {
  const settings = { ...gaussianCapacity.quick, ...change } as typeof gaussianCapacity.quick;
  await expectFailure(() => gaussianCapacity.run(settings, { parts: new MemoryParts() }), 'ERR_RANGE', mention);
});

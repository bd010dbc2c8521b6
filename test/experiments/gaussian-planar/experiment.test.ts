import { it } from 'vitest';
import { gaussianPlanar } from '../../../experiments/gaussian-planar/experiment.ts';
import { expectFailure } from '../../support/assertions.ts';
import { MemoryParts } from '../parts.ts';
import { describeWholeRuns } from '../wholeRuns.ts';

describeWholeRuns(gaussianPlanar, ['reproduced', 'not published']);

it.each([
  [{ betas: [] }, 'settings.betas'],
  [{ beta: 0 }, 'settings.beta'],
  [{ planes: 0 }, 'settings.planes'],
])('refuses %o', async (change, mention) => {
  const settings = { ...gaussianPlanar.quick, ...change } as typeof gaussianPlanar.quick;
  await expectFailure(() => gaussianPlanar.run(settings, { parts: new MemoryParts() }), 'ERR_RANGE', mention);
});

import { it } from 'vitest';
import { gaussianDynamics } from '../../../experiments/gaussian-dynamics/experiment.ts';
import { expectFailure } from '../../support/assertions.ts';
import { MemoryParts } from '../parts.ts';
import { describeWholeRuns } from '../wholeRuns.ts';

// The published case at both betas and dimensions; two others.
describeWholeRuns(gaussianDynamics, [...new Array(4).fill('reproduced'), ...new Array(8).fill('not published')]);

it.each([
  [{ perturbedShare: 0 }, 'settings.perturbedShare'],
  [{ perturbedShare: 1.1 }, 'settings.perturbedShare'],
  [{ iterations: 0 }, 'settings.iterations'],
  [{ range: [0, 1] }, 'settings.range[0]'],
])('refuses %o', async (change, mention) => {
  const settings = { ...gaussianDynamics.quick, ...change } as typeof gaussianDynamics.quick;
  await expectFailure(() => gaussianDynamics.run(settings, { parts: new MemoryParts() }), 'ERR_RANGE', mention);
});

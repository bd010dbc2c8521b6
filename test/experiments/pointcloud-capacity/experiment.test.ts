import { it } from 'vitest';
import { pointCloudCapacity } from '../../../experiments/pointcloud-capacity/experiment.ts';
import { expectFailure } from '../../support/assertions.ts';
import { MemoryParts } from '../parts.ts';
import { describeWholeRuns } from '../wholeRuns.ts';

// The few counts of its recall are too few for a rate.
describeWholeRuns(pointCloudCapacity, ['undetermined', 'reproduced', 'reproduced', 'not published']);

it.each([
  [{ counts: [10, 10] }, 'settings.counts[1]'],
  [{ baseCount: 1 }, 'settings.baseCount'],
  [{ pairs: 0 }, 'settings.pairs'],
  [{ pairDimensions: [2.5, 3] }, 'settings.pairDimensions[0]'],
  [{ trials: 0 }, 'settings.trials'],
  [{ basins: 0 }, 'settings.basins'],
  [{ basinTrials: 1e15 }, 'settings.basinTrials'],
  [{ epsilons: [0.1, -1] }, 'settings.epsilons[1]'],
  [{ baseBeta: 0 }, 'settings.baseBeta'],
])('refuses %o', async (change, mention) => {
  const settings = { ...pointCloudCapacity.quick, ...change } as typeof pointCloudCapacity.quick;
  await expectFailure(() => pointCloudCapacity.run(settings, { parts: new MemoryParts() }), 'ERR_RANGE', mention);
});

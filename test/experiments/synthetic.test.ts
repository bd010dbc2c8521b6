/** The experiments on random items. */
import { gaussianCapacity } from '../../lib/experiments/gaussian/gaussianCapacity.ts';
import { gaussianDynamics } from '../../lib/experiments/gaussian/gaussianDynamics.ts';
import { gaussianPlanar } from '../../lib/experiments/gaussian/gaussianPlanar.ts';
import { pointCloudCapacity } from '../../lib/experiments/pointcloud/pointCloudCapacity.ts';
import { pointCloudRecovery } from '../../lib/experiments/pointcloud/pointCloudRecovery.ts';
import { describeWholeRuns } from './wholeRuns.ts';

const [yes, unsure, open] = ['reproduced', 'undetermined', 'not published'] as const;

// The published case at both betas and dimensions; two others.
describeWholeRuns(gaussianDynamics, [yes, yes, yes, yes, open, open, open, open, open, open, open, open]);
describeWholeRuns(gaussianPlanar, [yes, open]);
describeWholeRuns(gaussianCapacity, [open, yes, open]);
// The few counts of its recall are too few for a rate.
describeWholeRuns(pointCloudCapacity, [unsure, yes, yes, open]);
describeWholeRuns(pointCloudRecovery, [yes]);

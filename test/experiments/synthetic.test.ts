/** The experiments on random items. */
import { gaussianCapacity } from '../../experiments/gaussian-capacity/experiment.ts';
import { gaussianDynamics } from '../../experiments/gaussian-dynamics/experiment.ts';
import { gaussianPlanar } from '../../experiments/gaussian-planar/experiment.ts';
import { pointCloudCapacity } from '../../experiments/pointcloud-capacity/experiment.ts';
import { pointCloudRecovery } from '../../experiments/pointcloud-recovery/experiment.ts';
import { describeWholeRuns } from './wholeRuns.ts';

const [yes, unsure, open] = ['reproduced', 'undetermined', 'not published'] as const;

// The published case at both betas and dimensions; two others.
describeWholeRuns(gaussianDynamics, [yes, yes, yes, yes, open, open, open, open, open, open, open, open]);
describeWholeRuns(gaussianPlanar, [yes, open]);
describeWholeRuns(gaussianCapacity, [open, yes, open]);
// The few counts of its recall are too few for a rate.
describeWholeRuns(pointCloudCapacity, [unsure, yes, yes, open]);
describeWholeRuns(pointCloudRecovery, [yes]);

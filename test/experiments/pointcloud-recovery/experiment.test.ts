import { pointCloudRecovery } from '../../../experiments/pointcloud-recovery/experiment.ts';
import { describeWholeRuns } from '../wholeRuns.ts';

describeWholeRuns(pointCloudRecovery, ['reproduced']);

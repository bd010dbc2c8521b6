/** The experiments on random items. */
import { gaussianCapacity } from '../../lib/experiments/gaussianCapacity.ts';
import { gaussianDynamics } from '../../lib/experiments/gaussianDynamics.ts';
import { gaussianPlanar } from '../../lib/experiments/gaussianPlanar.ts';
import { pointCloudCapacity } from '../../lib/experiments/pointCloudCapacity.ts';
import { describeWholeRuns } from './wholeRuns.ts';

const [yes, no, open] = ['reproduced', 'not reproduced', 'not published'] as const;

// The published case at both betas and dimensions; two others.
describeWholeRuns(gaussianDynamics, [yes, yes, yes, yes, open, open, open, open, open, open, open, open]);
describeWholeRuns(gaussianPlanar, [yes, open]);
describeWholeRuns(gaussianCapacity, [open, yes, open]);
// Dimensions 1, 2 and 8 are too few for a rate.
describeWholeRuns(pointCloudCapacity, [no, yes, open]);

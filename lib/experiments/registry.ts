import type { Experiment } from './experiment.ts';
import { gaussianCapacity } from './gaussian/gaussianCapacity.ts';
import { gaussianDynamics } from './gaussian/gaussianDynamics.ts';
import { gaussianPlanar } from './gaussian/gaussianPlanar.ts';
import { imageRecall } from './images/imageRecall.ts';
import { pointCloudCapacity } from './pointcloud/pointCloudCapacity.ts';
import { pointCloudRecovery } from './pointcloud/pointCloudRecovery.ts';
import { vmfMemories } from './sphere/vmfMemories.ts';
import { vmfPatches } from './sphere/vmfPatches.ts';
import { vmfSaddles } from './sphere/vmfSaddles.ts';
import { vmfSplitting } from './sphere/vmfSplitting.ts';
import { vmfTemperature } from './sphere/vmfTemperature.ts';
import { vmfTree } from './sphere/vmfTree.ts';
import { sentences } from './text/sentences.ts';
import { words } from './text/words.ts';

/** About how many seconds each takes at its default scale on two cores: weights for the progress of several. */
export const expectedSeconds: Readonly<Record<string, number>> = {
  'gaussian-dynamics': 17,
  'gaussian-planar': 3,
  'gaussian-capacity': 15,
  images: 230,
  words: 58,
  sentences: 83,
  'pointcloud-recovery': 2,
  'pointcloud-capacity': 70,
  'vmf-temperature': 307,
  'vmf-memories': 11,
  'vmf-patches': 15,
  'vmf-tree': 19,
  'vmf-splitting': 254,
  'vmf-saddles': 20,
};

/** Every experiment, in the order of `denseam experiment list`. */
// biome-ignore lint/suspicious/noExplicitAny: each takes its own settings, and is only ever given those
export const experiments: readonly Experiment<any>[] = [
  gaussianDynamics,
  gaussianPlanar,
  gaussianCapacity,
  imageRecall,
  words,
  sentences,
  pointCloudRecovery,
  pointCloudCapacity,
  vmfTemperature,
  vmfMemories,
  vmfPatches,
  vmfTree,
  vmfSplitting,
  vmfSaddles,
];

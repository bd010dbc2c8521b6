import type { Experiment } from './core/experiment.ts';
import { gaussianCapacity } from './gaussian-capacity/experiment.ts';
import { gaussianDynamics } from './gaussian-dynamics/experiment.ts';
import { gaussianPlanar } from './gaussian-planar/experiment.ts';
import { imageRecall } from './images/experiment.ts';
import { pointCloudCapacity } from './pointcloud-capacity/experiment.ts';
import { pointCloudRecovery } from './pointcloud-recovery/experiment.ts';
import { sentences } from './sentences/experiment.ts';
import { vmfMemories } from './vmf-memories/experiment.ts';
import { vmfPatches } from './vmf-patches/experiment.ts';
import { vmfSaddles } from './vmf-saddles/experiment.ts';
import { vmfSplitting } from './vmf-splitting/experiment.ts';
import { vmfTemperature } from './vmf-temperature/experiment.ts';
import { vmfTree } from './vmf-tree/experiment.ts';
import { words } from './words/experiment.ts';

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

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

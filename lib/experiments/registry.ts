import type { Experiment } from './experiment.ts';
import { gaussianCapacity } from './gaussianCapacity.ts';
import { gaussianDynamics } from './gaussianDynamics.ts';
import { gaussianPlanar } from './gaussianPlanar.ts';
import { imageRecall } from './imageRecall.ts';
import { pointCloudCapacity } from './pointCloudCapacity.ts';
import { pointCloudRecovery } from './pointCloudRecovery.ts';
import { sentences } from './sentences.ts';
import { vmfMemories } from './vmfMemories.ts';
import { vmfPatches } from './vmfPatches.ts';
import { vmfSaddles } from './vmfSaddles.ts';
import { vmfSplitting } from './vmfSplitting.ts';
import { vmfTemperature } from './vmfTemperature.ts';
import { vmfTree } from './vmfTree.ts';
import { words } from './words.ts';

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

/** Memories as they learn, epoch by epoch. */

import { maxIndex } from 'd3-array';
import {
  type CallOptions,
  Random,
  type SphereTrainingData,
  sampleVonMisesFisher,
  type TrainOptions,
  VonMisesFisherMemory,
  type VonMisesFisherParameters,
} from 'denseam';
import { type PackedFloats, packFloats, unpackFloats } from '../core/packed.ts';
import type { VmfTreeSettings } from './settings.ts';

/** The memories at the end of an epoch. */
export interface TreeEpoch {
  readonly hiddenUnits: number;
  readonly beta: number;
  /** Share of the validation rows that are given their class. */
  readonly accuracy: number;
  /** The likeliest class of every memory, 0 for none. */
  readonly classes: readonly number[];
  /** hiddenUnits x dimension. */
  readonly memories: Float32Array;
}

/** A training, as it is kept: the memories as text. */
export interface KeptTree {
  readonly dimension: number;
  /** The mean direction of the rows. */
  readonly root: PackedFloats;
  readonly epochs: readonly (Omit<TreeEpoch, 'memories'> & { readonly memories: PackedFloats })[];
}

export interface Tree {
  readonly dimension: number;
  readonly root: Float32Array;
  readonly epochs: readonly TreeEpoch[];
}

export function openTree({ dimension, root, epochs }: KeptTree): Tree {
  return {
    dimension,
    root: unpackFloats(root, dimension),
    epochs: epochs.map(({ memories, ...epoch }) => ({
      ...epoch,
      memories: unpackFloats(memories, epoch.hiddenUnits * dimension),
    })),
  };
}

/** Trains memories that begin about the mean direction of the rows (appendix D), and keeps them after every epoch. */
export async function growTree(
  data: SphereTrainingData,
  splits: boolean,
  settings: VmfTreeSettings,
  options: CallOptions,
): Promise<KeptTree> {
  const { hiddenUnits, batchSize, epochs: maxEpochs, from, stageEpochs, concentration: kappa, seed } = settings;
  const mean = meanDirection(data);
  const count = splits ? from : hiddenUnits;
  // Numbers of its own: the training's seed is for the order of the rows.
  const start = await sampleVonMisesFisher({ mean, kappa, count, seed: new Random(seed).integer(2 ** 31) });
  const epochs: KeptTree['epochs'][number][] = [];
  const onEpoch: TrainOptions['onEpoch'] = ({ beta, validationAccuracy }, parameters) => {
    epochs.push(keep(parameters(), beta, validationAccuracy));
  };
  await VonMisesFisherMemory.train(data, {
    hiddenUnits,
    batchSize,
    maxEpochs,
    // Stages end by their epochs, and training by all of them.
    patience: maxEpochs,
    initialMemories: start.values,
    seed,
    ...(splits && { splitting: { from, epochs: stageEpochs } }),
    onEpoch,
    ...options,
  });
  return { dimension: data.dimension, root: packFloats(Float32Array.from(mean)), epochs };
}

function keep(model: VonMisesFisherParameters, beta: number, accuracy: number): KeptTree['epochs'][number] {
  const { hiddenUnits, memories, classWeights } = model;
  const { columns, data } = classWeights;
  const classes = Array.from({ length: hiddenUnits }, (_, unit) =>
    maxIndex(data.subarray((unit + 1) * columns, (unit + 2) * columns)),
  );
  return { hiddenUnits, beta, accuracy, classes, memories: packFloats(Float32Array.from(memories)) };
}

/** The mean of the rows, made a unit vector: the root of the tree. */
export function meanDirection({ count, dimension, values }: SphereTrainingData): Float64Array {
  const sum = new Float64Array(dimension);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < dimension; k++) sum[k] = (sum[k] as number) + (values[i * dimension + k] as number);
  }
  const norm = Math.hypot(...sum);
  return sum.map((value) => value / norm);
}

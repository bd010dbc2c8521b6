/** Von Mises-Fisher memories as finished parts, so that a training of minutes is not repeated. */
import {
  type CallOptions,
  type EpochRecord,
  type SphereTrainingData,
  type TrainOptions,
  VonMisesFisherMemory,
} from 'denseam';
import type { PartStore } from '../../core/experiment.ts';
import { type PackedFloats, packFloats, unpackFloats } from '../../core/packed.ts';

/** Options of a training besides its rows. */
export type SphereTraining = Omit<TrainOptions, 'signal' | 'onProgress' | 'onEpoch' | 'checkpoint' | 'initialMemories'>;

/** Epochs of a training without their seconds, which differ between runs. */
export type EpochHistory = readonly Omit<EpochRecord, 'seconds'>[];

export interface TrainedSphere {
  readonly memory: VonMisesFisherMemory;
  readonly history: EpochHistory;
  /** Seconds that the training took where it was done. */
  readonly seconds: number;
}

/** A model as JSON holds it. */
interface KeptModel {
  readonly hiddenUnits: number;
  readonly classes: number;
  readonly dimension: number;
  readonly beta: number;
  readonly betaScale: number;
  readonly memories: PackedFloats;
  readonly classWeights: readonly number[];
  /** The records' numbers; null where one is not finite, as without validation rows. */
  readonly history: readonly Readonly<Record<string, number | null>>[];
  readonly seconds: number;
}

/**
 * Trains on float32 rows, or takes the model that a training with the same choices has left.
 *
 * @param rows description of the rows, part of the model's name: rows and training determine the model.
 * @param read returns the rows; called only for a training.
 */
export async function trainedSphere(
  parts: PartStore,
  rows: object,
  read: () => Promise<SphereTrainingData>,
  training: SphereTraining,
  options: CallOptions,
): Promise<TrainedSphere> {
  const kept = await parts.sharedPart('sphere-model', { rows, training }, async () =>
    keep(await VonMisesFisherMemory.train(await read(), { ...training, ...options })),
  );
  return unpack(kept);
}

function keep(memory: VonMisesFisherMemory): KeptModel {
  const { hiddenUnits, classes, dimension, beta, betaScale, history } = memory;
  return {
    hiddenUnits,
    classes,
    dimension,
    beta,
    betaScale,
    memories: packFloats(Float32Array.from(memory.memories)),
    classWeights: Array.from(memory.classWeights.data),
    history: history.map(({ seconds: _, ...record }) =>
      Object.fromEntries(Object.entries(record).map(([name, value]) => [name, Number.isFinite(value) ? value : null])),
    ),
    seconds: history.at(-1)?.seconds ?? 0,
  };
}

async function unpack({ memories, classWeights, history, seconds, ...model }: KeptModel): Promise<TrainedSphere> {
  const { hiddenUnits, classes, dimension } = model;
  const memory = await VonMisesFisherMemory.from({
    ...model,
    memories: unpackFloats(memories, hiddenUnits * dimension),
    classWeights: { rows: hiddenUnits + 1, columns: classes + 1, data: Float64Array.from(classWeights) },
  });
  const records = history.map((record) =>
    Object.fromEntries(Object.entries(record).map(([name, value]) => [name, value ?? Number.NaN])),
  );
  return { memory, history: records as unknown as EpochHistory, seconds };
}

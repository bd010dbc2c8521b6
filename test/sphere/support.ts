/**
 * The native von Mises-Fisher memory as its kernels are, below lib/sphere/: states, trainers and models from the
 * reference's tables.
 */
import type { FloatArray } from '../../lib/core/types.ts';
import {
  type NativeSphereModel,
  type NativeSphereRows,
  type NativeSphereSettings,
  type NativeSphereSplit,
  type NativeSphereState,
  type NativeSphereTrainer,
  native,
} from '../../lib/native/addon.ts';
import type { SphereModel, Table } from '../reference/sphere.ts';
import type { TrainingState } from '../reference/sphereTraining.ts';
import { TestRandom } from '../support/random.ts';

export type Precision = 'float32' | 'float64';
export const PRECISIONS: readonly Precision[] = ['float32', 'float64'];

export const SETTINGS: NativeSphereSettings = {
  softening: 0.1,
  batchSize: 1e6,
  learningRate: 0.1,
  momentum: 0.9,
  trainsBeta: true,
  isMixed: false,
  seed: 5n,
};

export const SPLIT: NativeSphereSplit = {
  most: 1e6,
  threshold: 0,
  distance: 0.25,
  mostRows: 1e6,
  epoch: 0,
  passes: 500,
  seed: 3n,
};

export function numbers(table: Table, precision: Precision): FloatArray {
  return precision === 'float32' ? Float32Array.from(table.flat()) : Float64Array.from(table.flat());
}

/** Rows of `columns` numbers. */
export function table(values: ArrayLike<number>, columns: number): number[][] {
  return Array.from({ length: values.length / columns }, (_, i) =>
    Array.from({ length: columns }, (_, j) => values[i * columns + j] as number),
  );
}

/** What is left of the numbers in a precision. */
export function rounded(values: Table, precision: Precision): number[][] {
  return precision === 'float64' ? values.map((row) => [...row]) : values.map((row) => row.map(Math.fround));
}

export async function makeRows(
  x: FloatArray,
  dimension: number,
  { allowsZero = true, partLength = x.length / dimension }: { allowsZero?: boolean; partLength?: number } = {},
): Promise<NativeSphereRows> {
  const count = x.length / dimension;
  const rows = native.makeSphereRows({
    dimension,
    precision: x instanceof Float32Array ? 'float32' : 'float64',
    capacity: count,
  });
  for (let first = 0; first < count; first += partLength) {
    const end = Math.min(first + partLength, count);
    const part = x.subarray(first * dimension, end * dimension);
    await native.appendSphereRows(rows, part, { count: end - first, name: 'x', firstIndex: first, allowsZero }).promise;
  }
  return rows;
}

export async function makeModel(model: SphereModel, precision: Precision): Promise<NativeSphereModel> {
  const memories = await makeRows(numbers(model.memories, precision), dimensionOf(model), { allowsZero: false });
  const { classWeights, beta, betaScale } = model;
  return native.makeSphereModel(memories, {
    labels: labelsOf(model),
    classWeights: Float64Array.from(classWeights.flat()),
    beta,
    betaScale,
  });
}

/** log P(x, y), n x labels. */
export async function logDensities(model: SphereModel, x: Table, precision: Precision): Promise<number[][]> {
  const handle = await makeModel(model, precision);
  const values = numbers(x, precision);
  const logs = await native.sphereLogDensities(handle, values, { count: x.length, firstIndex: 0 }).promise;
  return table(logs, labelsOf(model));
}

export function dimensionOf(model: SphereModel): number {
  return (model.memories[0] as readonly number[]).length;
}

export function labelsOf(model: SphereModel): number {
  return (model.classWeights[0] as readonly number[]).length;
}

export function toNative(state: TrainingState, precision: Precision): NativeSphereState {
  return {
    hiddenUnits: state.memories.length,
    labels: labelsOf(state),
    memories: numbers(state.memories, precision),
    classWeights: Float64Array.from(state.classWeights.flat()),
    beta: state.beta,
    betaScale: state.betaScale,
    hiddenShares: Float64Array.from(state.hiddenShares),
    classShares: Float64Array.from(state.classShares),
    memoryVelocities: numbers(state.velocities.memories, precision),
    classVelocities: Float64Array.from(state.velocities.classWeights.flat()),
    betaVelocity: state.velocities.beta,
  };
}

export function fromNative(state: NativeSphereState): TrainingState {
  const dimension = state.memories.length / state.hiddenUnits;
  return {
    memories: table(state.memories, dimension),
    classWeights: table(state.classWeights, state.labels),
    beta: state.beta,
    betaScale: state.betaScale,
    hiddenShares: [...state.hiddenShares],
    classShares: [...state.classShares],
    velocities: {
      memories: table(state.memoryVelocities, dimension),
      classWeights: table(state.classVelocities, state.labels),
      beta: state.betaVelocity,
    },
  };
}

/** All numbers that change in training. */
export function stateNumbers(state: NativeSphereState): number[] {
  const arrays = [state.memories, state.classWeights, state.hiddenShares, state.memoryVelocities];
  return [...arrays.flatMap((array) => [...array]), ...state.classVelocities, state.beta, state.betaVelocity];
}

export interface Training {
  readonly x: Table;
  /** Undefined: unsupervised. */
  readonly labels: readonly number[] | undefined;
  /** The rows after these are for validation; all by default. */
  readonly trainingRows?: number;
}

export async function makeTrainer(
  { x, labels, trainingRows = x.length }: Training,
  state: NativeSphereState,
  settings: Partial<NativeSphereSettings> = {},
): Promise<NativeSphereTrainer> {
  const precision = state.memories instanceof Float32Array ? 'float32' : 'float64';
  const rows = await makeRows(numbers(x, precision), (x[0] as readonly number[]).length);
  const ofRows = labels === undefined ? undefined : Int32Array.from(labels);
  return native.makeSphereTrainer(rows, {
    labels: ofRows,
    trainingRows,
    settings: { ...SETTINGS, ...settings },
    state,
  });
}

export function epoch(trainer: NativeSphereTrainer, index = 0) {
  return native.trainSphereEpoch(trainer, { index }).promise;
}

export function split(trainer: NativeSphereTrainer, settings: Partial<NativeSphereSplit> = {}) {
  return native.splitSphereMemories(trainer, { ...SPLIT, ...settings }).promise;
}

export function stateOf(trainer: NativeSphereTrainer): Promise<NativeSphereState> {
  return native.sphereTrainerState(trainer).promise;
}

/** The state in motion: velocities of every size. What has no share or no weight stays at rest. */
export function moving(state: TrainingState, seed: number): TrainingState {
  const random = new TestRandom(seed);
  return {
    ...state,
    velocities: {
      memories: state.memories.map((row) => row.map(() => 0.1 * random.normal())),
      classWeights: state.classWeights.map((row) => row.map((p) => (p === 0 ? 0 : random.normal()))),
      beta: random.normal(),
    },
  };
}

/** A copy of the model with no background, or with other class weights made zero; what is left sums to 1 again. */
export function without(model: SphereModel, isAbsent: (gamma: number, y: number) => boolean): SphereModel {
  const left = model.classWeights.map((row, gamma) => row.map((p, y) => (isAbsent(gamma, y) ? 0 : p)));
  const total = left.flat().reduce((sum, p) => sum + p, 0);
  return { ...model, classWeights: left.map((row) => row.map((p) => p / total)) };
}

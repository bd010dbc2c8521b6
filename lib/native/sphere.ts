import type { FloatArray } from '../core/types.ts';
import type { NativeColumns, reconstructionColumns } from './columns.ts';
import type { NativeMarginalMatrix, PartOptions, Task, TaskOptions } from './task.ts';

/**
 * Distributions about memories and the uniform one, with probabilities: (memoryCount + 1) x classes, row 0 the uniform
 * one's.
 */
export interface NativeTeacherSource {
  readonly dimension: number;
  readonly classes: number;
  readonly kappa: number;
  readonly memoryCount: number;
  readonly memories: FloatArray;
  readonly weights: FloatArray;
  /** The memories' name in errors. */
  readonly memoriesName: string;
  /** Whether errors name the single memory without an index. */
  readonly singleMemory: boolean;
  readonly weightsName: string;
}

/** A teacher that stays on the native side. */
export interface NativeTeacher {
  readonly nativeTeacher: never;
}

/** Purpose of a sample: with the same seed, samples for different purposes are independent. */
export type SpherePurpose = 'uniform' | 'vonMisesFisher' | 'teacher';

/** Functions on the unit sphere, of lib/sphere/. Seeds are 64 bits, unsigned. */
export interface NativeSphereFunctions {
  /** L = log Omega_N(kappa) / Omega_N(0), its derivative and kappa - L, at once. */
  vonMisesFisherLogNormalizer(
    dimension: number,
    kappa: number,
  ): { readonly value: number; readonly derivative: number; readonly deficit: number };
  /** log Omega_N(0), at once. */
  logSphereArea(dimension: number): number;
  /** Checks that memories have length 1 and that weights are probabilities. */
  makeSphereTeacher(source: NativeTeacherSource): Task<NativeTeacher>;
  /** Points `first` to `first + count` of a sample, which does not depend on its division into parts. */
  sampleSphereTeacher(
    teacher: NativeTeacher,
    options: TaskOptions & {
      readonly purpose: SpherePurpose;
      readonly first: number;
      readonly count: number;
      readonly seed: bigint;
    },
  ): Task<{ readonly values: Float64Array; readonly labels: Int32Array; readonly hidden: Int32Array }>;
}

/** Data on its way to the sphere, of lib/sphere/preparation.ts. */
export interface NativeSpherePreparation {
  /** A Float32Array if `single`. */
  toSphere(
    values: Uint8Array | FloatArray,
    options: PartOptions & {
      readonly count: number;
      readonly dimension: number;
      readonly name: string;
      readonly centred: boolean;
      readonly single: boolean;
    },
  ): Task<FloatArray>;
  /** Images and patches as bytes, whatever their elements are. */
  imagePatches(
    images: Uint8Array,
    options: TaskOptions & {
      readonly count: number;
      readonly height: number;
      readonly width: number;
      readonly bytesPerElement: number;
      readonly size: number;
      readonly stride: number;
    },
  ): Task<Uint8Array>;
}

/** Directions that stay on the native side. */
export interface NativeSphereRows {
  readonly nativeSphereRows: never;
}

/** A model and a trainer that stay there. */
export interface NativeSphereModel {
  readonly nativeSphereModel: never;
}
export interface NativeSphereTrainer {
  readonly nativeSphereTrainer: never;
}

/** State of a model under training, with its constraints and velocities. Labels are the classes with "none". */
export interface NativeSphereState {
  readonly hiddenUnits: number;
  readonly labels: number;
  /** hiddenUnits x dimension, in the precision of the rows; so are their velocities. */
  readonly memories: FloatArray;
  /** (hiddenUnits + 1) x labels; so are their velocities. */
  readonly classWeights: Float64Array;
  readonly beta: number;
  readonly betaScale: number;
  /** hiddenUnits + 1 sums over labels, and labels sums over units. */
  readonly hiddenShares: Float64Array;
  readonly classShares: Float64Array;
  readonly memoryVelocities: FloatArray;
  readonly classVelocities: Float64Array;
  readonly betaVelocity: number;
}

export interface NativeSphereSettings {
  readonly softening: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly momentum: number;
  readonly trainsBeta: boolean;
  /** Mixed precision of an epoch; nothing else changes. Only float32 has it. */
  readonly isMixed: boolean;
  readonly seed: bigint;
}

export interface NativeSphereSplit {
  /** Greatest number of units to split, and the eigenvalues that allow it. */
  readonly most: number;
  readonly threshold: number;
  /** Distance of the halves from their middle. */
  readonly distance: number;
  /** Maximum number of training rows used. */
  readonly mostRows: number;
  /** Epoch that, beside the seed, determines the choice of rows. */
  readonly epoch: number;
  readonly passes: number;
  readonly seed: bigint;
}

export interface NativeSphereEpoch {
  readonly loss: number;
  readonly accuracy: number;
  /** NaN where there are no validation rows. */
  readonly validationLoss: number;
  readonly validationAccuracy: number;
}

/** Rows of a query to a model. */
export interface NativeRowsOptions extends PartOptions {
  readonly count: number;
}

/** The von Mises-Fisher memory. Class weights are (hidden units + 1) x labels, row 0 the background's. */
export interface NativeSphere {
  /** Room for `capacity` rows. */
  makeSphereRows(options: {
    readonly dimension: number;
    readonly precision: 'float32' | 'float64';
    readonly capacity: number;
  }): NativeSphereRows;
  /** Checks rows, of norm 1 or (if allowed) 0, and adds them; errors name them `name[firstIndex + i]`. */
  appendSphereRows(
    rows: NativeSphereRows,
    values: FloatArray,
    options: {
      readonly count: number;
      readonly name: string;
      readonly firstIndex: number;
      readonly allowsZero: boolean;
    },
  ): Task<void>;
  initialSphereState(
    options: Pick<
      NativeSphereState,
      'hiddenUnits' | 'labels' | 'hiddenShares' | 'classShares' | 'beta' | 'betaScale'
    > & {
      readonly dimension: number;
      readonly precision: 'float32' | 'float64';
      readonly seed: bigint;
    },
  ): Task<NativeSphereState>;
  /** Without labels training is unsupervised. Rows from `trainingRows` on are for validation. One call at a time. */
  makeSphereTrainer(
    rows: NativeSphereRows,
    options: {
      readonly labels: Int32Array | undefined;
      readonly trainingRows: number;
      readonly settings: NativeSphereSettings;
      readonly state: NativeSphereState;
    },
  ): NativeSphereTrainer;
  /** Trains an epoch. A failure or an abort leaves the trainer unusable. */
  trainSphereEpoch(
    trainer: NativeSphereTrainer,
    options: TaskOptions & { readonly index: number },
  ): Task<NativeSphereEpoch>;
  splitSphereMemories(
    trainer: NativeSphereTrainer,
    options: TaskOptions & NativeSphereSplit,
  ): Task<{ readonly split: Int32Array; readonly eigenvalues: Float64Array }>;
  sphereTrainerState(trainer: NativeSphereTrainer): Task<NativeSphereState>;
  /** Takes ownership of the numbers of the memories, which are empty afterwards. */
  makeSphereModel(
    memories: NativeSphereRows,
    options: {
      readonly labels: number;
      readonly classWeights: FloatArray;
      readonly beta: number;
      readonly betaScale: number;
    },
  ): NativeSphereModel;
  /** log P(x, y), count x labels. */
  sphereLogDensities(model: NativeSphereModel, values: FloatArray, options: NativeRowsOptions): Task<Float64Array>;
  /** P(y | x), count x labels. */
  spherePosteriors(model: NativeSphereModel, values: FloatArray, options: NativeRowsOptions): Task<Float64Array>;
  /** The likeliest labels. */
  spherePredictions(model: NativeSphereModel, values: FloatArray, options: NativeRowsOptions): Task<Int32Array>;
  nearestSphereMemories(
    model: NativeSphereModel,
    values: FloatArray,
    options: NativeRowsOptions,
  ): Task<{ readonly indices: Int32Array; readonly overlaps: Float64Array }>;
  /** Local minima of -log P(x | y) from these starts. */
  reconstructOnSphere(
    model: NativeSphereModel,
    starts: FloatArray,
    options: NativeRowsOptions & {
      /** The class y of each start, -1 for any. */
      readonly labels: Int32Array;
      /** 1 for clamped coordinates. */
      readonly clamped: Uint8Array | undefined;
      readonly tolerance: number;
      readonly maxIterations: number;
    },
  ): Task<NativeReconstruction>;
}

export interface NativeReconstruction extends NativeColumns<typeof reconstructionColumns> {
  /** count x dimension. */
  readonly states: Float64Array;
}

/** Sinkhorn and Knopp's scaling. */
export interface NativeScaling {
  /** Takes ownership of a complete matrix. */
  scaleMatrix(
    problem: NativeMarginalMatrix,
    options: TaskOptions & { readonly tolerance: number; readonly maxIterations: number },
  ): Task<{
    readonly matrix: Float64Array;
    readonly rowScaling: Float64Array;
    readonly columnScaling: Float64Array;
    readonly iterations: number;
    readonly residual: number;
    readonly converged: boolean;
  }>;
}

/** Residuals of a model's stationarity, and the sums behind them. */
export interface NativeSphereStationarity {
  /** Residuals: one for each memory, and the greatest of each unit. */
  readonly memories: Float64Array;
  readonly classWeights: Float64Array;
  readonly unsupported: Int32Array;
  /** hiddenUnits x dimension, and (hiddenUnits + 1) x labels. */
  readonly memorySums: Float64Array;
  readonly classSums: Float64Array;
}

/** Spectrum of the splitting matrix of each memory; directions are hiddenUnits x dimension. */
export interface NativeSphereSpectrum {
  readonly eigenvalues: Float64Array;
  readonly spreads: Float64Array;
  readonly pulls: Float64Array;
  readonly resultants: Float64Array;
  readonly directions: Float64Array;
  readonly passes: number;
}

export interface NativeSaddlePointSettings {
  readonly labels: number;
  readonly beta: number;
  readonly betaScale: number;
  readonly load: number;
  readonly hiddenShares: Float64Array;
  readonly classShares: Float64Array;
  /** Initial lengths. */
  readonly lengths: Float64Array;
  readonly classWeights: Float64Array;
  readonly tolerance: number;
  readonly maxIterations: number;
}

export interface NativeSaddlePoint {
  readonly memories: Float64Array;
  readonly lengths: Float64Array;
  readonly classWeights: Float64Array;
  readonly memorySums: Float64Array;
  readonly classSums: Float64Array;
  /** Patterns x hiddenUnits. */
  readonly overlaps: Float64Array;
  readonly iterations: number;
  readonly residual: number;
  readonly converged: boolean;
}

/** Soft labels of rows, rows x labels. */
interface NativeTargets extends TaskOptions {
  readonly targets: Float64Array;
}

/** The theory of the von Mises-Fisher memory. Rows and models are of float64. */
export interface NativeSphereTheory {
  /** `pbar` has units x labels numbers. */
  classWeightMultipliers(
    pbar: FloatArray,
    options: {
      readonly units: number;
      readonly labels: number;
      readonly hiddenShares: Float64Array;
      readonly classShares: Float64Array;
    },
  ): Task<{
    readonly rows: Float64Array;
    readonly columns: Float64Array;
    readonly classWeights: Float64Array;
    readonly iterations: number;
    readonly residual: number;
  }>;
  sphereStationarity(
    model: NativeSphereModel,
    rows: NativeSphereRows,
    options: NativeTargets & { readonly hiddenShares: Float64Array; readonly classShares: Float64Array },
  ): Task<NativeSphereStationarity>;
  sphereSplittingSpectrum(
    model: NativeSphereModel,
    rows: NativeSphereRows,
    options: NativeTargets & { readonly maxPasses: number; readonly tolerance: number; readonly seed: bigint },
  ): Task<NativeSphereSpectrum>;
  solveSphereSaddlePoint(
    patterns: NativeSphereRows,
    memories: NativeSphereRows,
    options: NativeTargets & NativeSaddlePointSettings,
  ): Task<NativeSaddlePoint>;
}

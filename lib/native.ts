import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { DenseamError } from './core/errors.ts';
import type { FloatArray, Progress, Structure } from './core/types.ts';

/** A running native call. `abort` asks it to stop at its next poll; the promise then rejects. */
export interface Task<T> {
  readonly promise: Promise<T>;
  abort(): void;
}

export type ProgressCallback = ((progress: Progress) => void) | undefined;

/** What a native memory stores: vectors, or Gaussians of one structure. */
export type MemoryKind = 'euclidean' | 'full' | 'diagonal' | 'isotropic';

/** A batch as the native side takes it: positions (means or vectors) and, for Gaussians, covariances. */
export interface NativeBatch {
  readonly count: number;
  readonly positions: FloatArray;
  readonly covariances?: FloatArray | undefined;
}

/** The same with what errors call it. */
export interface NativeItems extends NativeBatch {
  readonly name: string;
}

/** A batch as the native side returns it. */
export interface NativeStates {
  readonly count: number;
  readonly positions: Float64Array;
  readonly covariances: Float64Array | undefined;
}

export interface NativeRetrieval {
  readonly states: NativeStates;
  readonly energy: Float64Array;
  readonly nearest: Int32Array;
  readonly nearestDistance: Float64Array;
  readonly iterations: Int32Array;
  readonly stepLength: Float64Array;
  /** 1 where the stopping rule was met. */
  readonly converged: Uint8Array;
  readonly evaluated: Int32Array;
  readonly droppedMass: Float64Array;
  readonly trajectory: readonly NativeStates[] | undefined;
}

export interface NativeMaps {
  readonly matrices: Float64Array;
  readonly offsets: Float64Array;
}

export interface NativeNeighbours {
  readonly indices: Int32Array;
  readonly distances: Float64Array;
}

/**
 * One memory of the addon. Reads work on the items as they were when the call began. `pruning` is the Gibbs mass that may be left out;
 * undefined: every item is evaluated.
 */
export interface NativeMemory {
  readonly size: number;
  /** Stages a copy of the items; `firstIndex` is what error messages count from. Nothing shows until `commit`. */
  append(batch: NativeBatch, firstIndex: number, onProgress: ProgressCallback): Task<void>;
  /** Completes what recall needs to know of staged items: to be called after the last `append`. */
  prepare(onProgress: ProgressCallback): Task<void>;
  /** Stages the removal of the items at these (distinct, valid) indices. */
  remove(indices: Int32Array): Task<void>;
  commit(): void;
  rollback(): void;
  /** Another object with the items as they are now, whatever happens to this one. */
  snapshot(): NativeMemory;
  get(indices: Int32Array): Task<NativeStates>;
  distances(queries: NativeBatch, firstIndex: number, ridge: number, onProgress: ProgressCallback): Task<Float64Array>;
  weights(
    queries: NativeBatch,
    firstIndex: number,
    ridge: number,
    beta: number,
    pruning: number | undefined,
    onProgress: ProgressCallback,
  ): Task<Float64Array>;
  energy(
    queries: NativeBatch,
    firstIndex: number,
    ridge: number,
    beta: number,
    pruning: number | undefined,
    onProgress: ProgressCallback,
  ): Task<Float64Array>;
  step(
    queries: NativeBatch,
    firstIndex: number,
    ridge: number,
    beta: number,
    pruning: number | undefined,
    onProgress: ProgressCallback,
  ): Task<NativeStates>;
  /** `betas`: of one iteration after the other; with `sweep`, of one retrieval each: query by query, beta by beta. */
  retrieve(
    queries: NativeBatch,
    firstIndex: number,
    ridge: number,
    betas: Float64Array,
    sweep: boolean,
    tolerance: number,
    maxIterations: number,
    pruning: number | undefined,
    trajectory: boolean,
    onProgress: ProgressCallback,
  ): Task<NativeRetrieval>;
  nearest(
    queries: NativeBatch,
    firstIndex: number,
    ridge: number,
    k: number,
    prune: boolean,
    onProgress: ProgressCallback,
  ): Task<NativeNeighbours>;
  /** `basis`: that of diagonal covariances. */
  transportMaps(
    query: NativeBatch,
    ridge: number,
    indices: Int32Array,
    basis: NativeBasis['handle'] | undefined,
  ): Task<NativeMaps>;
}

/** An orthogonal matrix that stays on the native side, and a copy of its numbers, row-major. */
export interface NativeBasis {
  readonly handle: { readonly nativeBasis: never };
  readonly values: Float64Array;
}

/** Random Gaussians and exact perturbations: see gaussian/sampling.ts for what each draws. Seeds are 64 bits, unsigned. */
export interface NativeSampling {
  randomBasis(dimension: number, seed: bigint): Task<NativeBasis>;
  /** Items `first` to `first + count` of a sample, whatever the parts it is drawn in. */
  sampleCommuting(
    first: number,
    count: number,
    basis: NativeBasis['handle'],
    least: number,
    greatest: number,
    seed: bigint,
    onProgress: ProgressCallback,
  ): Task<NativeStates & { readonly eigenvalues: Float64Array }>;
  sampleGeneral(
    first: number,
    count: number,
    dimension: number,
    seed: bigint,
    onProgress: ProgressCallback,
  ): Task<NativeStates>;
  /** Without a seed the items are dilated. `firstIndex` is what error messages and random streams count from. */
  perturb(
    structure: Structure,
    dimension: number,
    items: NativeItems,
    firstIndex: number,
    radius: number,
    seed: bigint | undefined,
    onProgress: ProgressCallback,
  ): Task<NativeStates>;
}

/** Covariances with common eigenvectors. `firstIndex` is what error messages count from; matrices are row-major. */
export interface NativeBases {
  /** Checks d x d numbers, finite and orthogonal; `name` is what errors call the matrix. */
  makeBasis(dimension: number, numbers: Float64Array, name: string): Task<NativeBasis['handle']>;
  /** The check alone, at once. */
  checkBasis(dimension: number, numbers: FloatArray, name: string): void;
  /** Full covariances from others. */
  expand(
    structure: MemoryKind,
    dimension: number,
    items: NativeItems,
    firstIndex: number,
    basis: NativeBasis['handle'] | undefined,
    onProgress: ProgressCallback,
  ): Task<NativeStates>;
  /** Variances along the basis from full covariances, and how far each covariance is from diagonal in it. */
  project(
    items: NativeItems,
    firstIndex: number,
    basis: NativeBasis['handle'],
    onProgress: ProgressCallback,
  ): Task<NativeStates & { readonly residuals: Float64Array }>;
  /** `sums` (none at first) with random combinations of full covariances added. */
  addCombinations(
    dimension: number,
    items: NativeItems,
    firstIndex: number,
    sums: Float64Array | undefined,
    onProgress: ProgressCallback,
  ): Task<Float64Array>;
  /** The orthogonal matrix that best makes the combinations diagonal, d x d. */
  commonEigenvectors(dimension: number, sums: Float64Array): Task<Float64Array>;
}

/** Distributions about memories and the uniform one, with probabilities: (memoryCount + 1) x classes, row 0 the uniform one's. */
export interface NativeTeacherSource {
  readonly dimension: number;
  readonly classes: number;
  readonly kappa: number;
  readonly memoryCount: number;
  readonly memories: FloatArray;
  readonly weights: FloatArray;
  /** What errors call them. */
  readonly memoriesName: string;
  /** Whether errors name the one memory without an index. */
  readonly singleMemory: boolean;
  readonly weightsName: string;
}

/** A teacher that stays on the native side. */
export interface NativeTeacher {
  readonly nativeTeacher: never;
}

/** What a sample is for: with the same seed, samples for different purposes have nothing in common. */
export type SpherePurpose = 'uniform' | 'vonMisesFisher' | 'teacher';

/** Functions on the unit sphere, of lib/sphere/. Seeds are 64 bits, unsigned. */
export interface NativeSphereFunctions {
  /** log Omega_N(kappa) / Omega_N(0) and its derivative, at once. */
  vonMisesFisherLogNormalizer(
    dimension: number,
    kappa: number,
  ): { readonly value: number; readonly derivative: number };
  /** log Omega_N(0), at once. */
  logSphereArea(dimension: number): number;
  /** Checks that memories have length 1 and that weights are probabilities. */
  makeSphereTeacher(source: NativeTeacherSource): Task<NativeTeacher>;
  /** Points `first` to `first + count` of a sample, whatever the parts it is drawn in. */
  sampleSphereTeacher(
    teacher: NativeTeacher,
    purpose: SpherePurpose,
    first: number,
    count: number,
    seed: bigint,
    onProgress: ProgressCallback,
  ): Task<{ readonly values: Float64Array; readonly labels: Int32Array; readonly hidden: Int32Array }>;
}

/** Data on its way to the sphere, of lib/sphere/preparation.ts. `firstIndex` is what error messages count from. */
export interface NativeSpherePreparation {
  /** A Float32Array if `single`. */
  toSphere(
    count: number,
    dimension: number,
    values: Uint8Array | FloatArray,
    name: string,
    firstIndex: number,
    centred: boolean,
    single: boolean,
    onProgress: ProgressCallback,
  ): Task<FloatArray>;
  /** Images and patches as bytes, whatever their elements are. */
  imagePatches(
    count: number,
    height: number,
    width: number,
    bytesPerElement: number,
    size: number,
    stride: number,
    images: Uint8Array,
    onProgress: ProgressCallback,
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

/** Of a model under training: its parts with what they must keep and how they move. Labels are the classes with "none". */
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
  readonly seed: bigint;
}

export interface NativeSphereSplit {
  /** How many may be split at most, and which eigenvalues allow it. */
  readonly most: number;
  readonly threshold: number;
  /** How far the halves move apart from their middle. */
  readonly distance: number;
  /** How many of the training rows are looked at. */
  readonly mostRows: number;
  /** What the choice of rows follows from, beside the seed. */
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

/** The von Mises-Fisher memory. Class weights are (hidden units + 1) x labels, row 0 the background's. */
export interface NativeSphere {
  /** Room for `capacity` rows. */
  makeSphereRows(dimension: number, precision: 'float32' | 'float64', capacity: number): NativeSphereRows;
  /** Checks rows, of norm 1 or (if allowed) 0, and adds them; errors name them `name[firstIndex + i]`. */
  appendSphereRows(
    rows: NativeSphereRows,
    count: number,
    values: FloatArray,
    name: string,
    firstIndex: number,
    allowsZero: boolean,
  ): Task<void>;
  initialSphereState(
    dimension: number,
    precision: 'float32' | 'float64',
    start: Pick<NativeSphereState, 'hiddenUnits' | 'labels' | 'hiddenShares' | 'classShares' | 'beta' | 'betaScale'> & {
      readonly seed: bigint;
    },
  ): Task<NativeSphereState>;
  /** Without labels training is unsupervised. Rows from `trainingRows` on are for validation. One call at a time. */
  makeSphereTrainer(
    rows: NativeSphereRows,
    labels: Int32Array | undefined,
    trainingRows: number,
    settings: NativeSphereSettings,
    state: NativeSphereState,
  ): NativeSphereTrainer;
  /** After a failure or an abort the trainer is of no use. */
  trainSphereEpoch(trainer: NativeSphereTrainer, index: number, onProgress: ProgressCallback): Task<NativeSphereEpoch>;
  splitSphereMemories(
    trainer: NativeSphereTrainer,
    settings: NativeSphereSplit,
    onProgress: ProgressCallback,
  ): Task<{ readonly split: Int32Array; readonly eigenvalues: Float64Array }>;
  sphereTrainerState(trainer: NativeSphereTrainer): Task<NativeSphereState>;
  /** Takes the numbers of the memories over, which are empty afterwards. */
  makeSphereModel(
    memories: NativeSphereRows,
    labels: number,
    classWeights: FloatArray,
    beta: number,
    betaScale: number,
  ): NativeSphereModel;
  /** log P(x, y), count x labels. */
  sphereLogDensities(
    model: NativeSphereModel,
    count: number,
    values: FloatArray,
    firstIndex: number,
    onProgress: ProgressCallback,
  ): Task<Float64Array>;
  /** P(y | x), count x labels. */
  spherePosteriors(
    model: NativeSphereModel,
    count: number,
    values: FloatArray,
    firstIndex: number,
    onProgress: ProgressCallback,
  ): Task<Float64Array>;
  /** The likeliest labels. */
  spherePredictions(
    model: NativeSphereModel,
    count: number,
    values: FloatArray,
    firstIndex: number,
    onProgress: ProgressCallback,
  ): Task<Int32Array>;
  nearestSphereMemories(
    model: NativeSphereModel,
    count: number,
    values: FloatArray,
    firstIndex: number,
    onProgress: ProgressCallback,
  ): Task<{ readonly indices: Int32Array; readonly overlaps: Float64Array }>;
  /** Local minima of -log P(x | y) from these starts. `labels`: y of each, -1 for any; `clamped`: 1 for coordinates that stay. */
  reconstructOnSphere(
    model: NativeSphereModel,
    count: number,
    starts: FloatArray,
    labels: Int32Array,
    clamped: Uint8Array | undefined,
    tolerance: number,
    maxIterations: number,
    firstIndex: number,
    onProgress: ProgressCallback,
  ): Task<NativeReconstruction>;
}

export interface NativeReconstruction {
  /** count x dimension. */
  readonly states: Float64Array;
  readonly energy: Float64Array;
  readonly nearest: Int32Array;
  readonly overlap: Float64Array;
  readonly iterations: Int32Array;
  readonly stepLength: Float64Array;
  /** 1 where the stopping rule was met. */
  readonly converged: Uint8Array;
}

/** A matrix that is to be scaled to these sums. */
export interface NativeScalingProblem {
  readonly nativeScalingProblem: never;
}

/** Sinkhorn and Knopp's scaling. */
export interface NativeScaling {
  makeScalingProblem(
    rows: number,
    columns: number,
    rowSums: Float64Array,
    columnSums: Float64Array,
  ): NativeScalingProblem;
  /** Copies the next numbers of the matrix, row by row, at once. */
  appendScalingNumbers(problem: NativeScalingProblem, values: FloatArray): void;
  /** Once all numbers are there; takes them over. */
  scaleMatrix(
    problem: NativeScalingProblem,
    tolerance: number,
    maxIterations: number,
    onProgress: ProgressCallback,
  ): Task<{
    readonly matrix: Float64Array;
    readonly rowScaling: Float64Array;
    readonly columnScaling: Float64Array;
    readonly iterations: number;
    readonly residual: number;
    readonly converged: boolean;
  }>;
}

/** How far a model is from a stationary point, and the sums that say so. */
export interface NativeSphereStationarity {
  /** Of each memory, and the greatest of each unit. */
  readonly memories: Float64Array;
  readonly classWeights: Float64Array;
  readonly unsupported: Int32Array;
  /** hiddenUnits x dimension, and (hiddenUnits + 1) x labels. */
  readonly memorySums: Float64Array;
  readonly classSums: Float64Array;
}

/** Of the splitting matrix of each memory; directions are hiddenUnits x dimension. */
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
  /** Where to begin, beside the memories. */
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

/** The theory of the von Mises-Fisher memory. Rows and models are of float64; targets, rows x labels, are soft labels. */
export interface NativeSphereTheory {
  /** Of units x labels numbers. */
  classWeightMultipliers(
    units: number,
    labels: number,
    pbar: FloatArray,
    hiddenShares: Float64Array,
    classShares: Float64Array,
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
    targets: Float64Array,
    hiddenShares: Float64Array,
    classShares: Float64Array,
    onProgress: ProgressCallback,
  ): Task<NativeSphereStationarity>;
  sphereSplittingSpectrum(
    model: NativeSphereModel,
    rows: NativeSphereRows,
    targets: Float64Array,
    iteration: { readonly maxPasses: number; readonly tolerance: number; readonly seed: bigint },
    onProgress: ProgressCallback,
  ): Task<NativeSphereSpectrum>;
  solveSphereSaddlePoint(
    patterns: NativeSphereRows,
    targets: Float64Array,
    memories: NativeSphereRows,
    settings: NativeSaddlePointSettings,
    onProgress: ProgressCallback,
  ): Task<NativeSaddlePoint>;
}

/** What computes a decomposition: 0 the best kernels, 2 to 4 those of an x86-64 level, 1 LAPACK (`eigen` only). */
export type LanesLevel = 0 | 1 | 2 | 3 | 4;

/**
 * The kernels that take eight small matrices at once (native/linalg/lanes.h), for tests. Matrices are count x n x n,
 * symmetric, n up to 64. A level that the processor lacks is an error.
 */
export interface NativeLanes {
  /** Values ascending; row k of a matrix's vectors belongs to value k. NaN and 1 where a matrix is not finite. */
  eigen(
    n: number,
    count: number,
    matrices: Float64Array,
    wantVectors: boolean,
    level: LanesLevel,
  ): Task<{
    readonly values: Float64Array;
    readonly vectors: Float64Array | undefined;
    readonly notConverged: Uint8Array;
  }>;
  /** r' s r of every matrix s, r lower triangular; `single` rounds s to float32 first. */
  congruences(
    n: number,
    count: number,
    matrices: Float64Array,
    r: Float64Array,
    single: boolean,
    level: LanesLevel,
  ): Task<Float64Array>;
  /** The weighted sum of the matrices, put together from their eigenvectors and the positive ones of their values. */
  spectralSum(
    n: number,
    count: number,
    matrices: Float64Array,
    weights: Float64Array,
    level: LanesLevel,
  ): Task<Float64Array>;
  /** What level 0 stands for. */
  bestLevel(): LanesLevel;
}

export interface Native
  extends NativeSampling,
    NativeBases,
    NativeSphereFunctions,
    NativeSphere,
    NativeSpherePreparation,
    NativeScaling,
    NativeSphereTheory {
  readonly lanes: NativeLanes;
  /** `indexed`: full covariances get the signatures that bound distances. */
  readonly Memory: new (
    kind: MemoryKind,
    dimension: number,
    precision: 'float32' | 'float64',
    indexed: boolean,
  ) => NativeMemory;
  /** How many threads compute; a new value reaches running calls from their next loop on. */
  threads(): number;
  setThreads(count: number): void;
  /** Stops every call of this environment and waits until none runs. */
  stop(): void;
  /** The BLAS in use, as it names itself. */
  blas(): string;
}

function load(): Native {
  try {
    const require = createRequire(import.meta.url);
    const nodeGypBuild = require('node-gyp-build') as (root: string) => Native;
    // The package finds its root by its own name: lib/, dist/ and dist/cli/ lie at different depths below it.
    return nodeGypBuild(dirname(require.resolve('denseam/package.json')));
  } catch (cause) {
    throw new DenseamError(
      'ERR_NATIVE_LOAD',
      `The native part of denseam could not be loaded on ${process.platform}-${process.arch} (Node ${process.version}): ` +
        `${(cause as Error).message.split('\n')[0]}. From a clone, run "npm run build"; ` +
        'from npm, reinstall the package on this platform or report it as missing.',
      { cause },
    );
  }
}

export const native: Native = load();

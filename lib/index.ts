export { DenseamError, type ErrorCode } from './core/errors.ts';
export { Random, type Seed, type Shufflable } from './core/random.ts';
export type {
  BetaOptions,
  CallOptions,
  CommonRetrieval,
  DroppedMass,
  FloatArray,
  FloatMatrix,
  Gaussians,
  IterationOptions,
  Matrix,
  NearestItems,
  NearestOptions,
  Neighbours,
  Progress,
  PruningOptions,
  Retrieval,
  RetrieveOptions,
  Structure,
  SweepOptions,
  Vectors,
} from './core/types.ts';
export { EuclideanMemory } from './euclidean/memory.ts';
export * from './gaussian/basis.ts';
export { type CreateOptions, GaussianMemory, type RidgeOptions, type TransportMaps } from './gaussian/memory.ts';
export * from './gaussian/sampling.ts';
export * from './gaussian/theory.ts';
export {
  type GaussianArrays,
  gaussiansFrom,
  type ReadGaussiansOptions,
  readGaussians,
  type ShapedArray,
  type SpreadKind,
} from './io/gaussians.ts';
export { type IdxArray, readIdx } from './io/idx.ts';
export { type HalfArray, type IntegerArray, type NumberArray, toFloats } from './io/numbers.ts';
export {
  type BigNpyArray,
  type NpyArray,
  type NpyArrayTypes,
  type NpyData,
  type ReadNpyOptions,
  readNpy,
} from './io/numpy/npy.ts';
export { type ReadNpzOptions, readNpz } from './io/numpy/npz.ts';
export { type NamedArray, writeNpz } from './io/numpy/writeNpz.ts';
export type { FilePath } from './io/path.ts';
export {
  type ReadWord2GaussOptions,
  readWord2Gauss,
  type Word2GaussModel,
  type Word2GaussParameters,
  type Word2GaussPart,
} from './io/word2gauss/word2gauss.ts';
export type { AssociativeMemory } from './memory/associativeMemory.ts';
export type { Memory, Precision } from './memory/memory.ts';
export { setThreads, threads } from './native/threads.ts';
export * from './pointcloud/baseline.ts';
export * from './pointcloud/basins.ts';
export * from './pointcloud/capacity.ts';
export { PointCloudMemory } from './pointcloud/memory.ts';
export { type PerturbCloudsOptions, type PerturbedChannels, perturbClouds } from './pointcloud/perturbation.ts';
export type { RecallShares, RecoveryOptions } from './pointcloud/recall.ts';
export { type SampleCloudsOptions, samplePointClouds } from './pointcloud/sampling.ts';
export type { OwnPointClouds } from './pointcloud/select.ts';
export * from './pointcloud/sinkhorn.ts';
export type * from './pointcloud/types.ts';
export { type NearestMemory, VonMisesFisherMemory } from './sphere/memory.ts';
export * from './sphere/normalizer.ts';
export * from './sphere/preparation.ts';
export type { Reconstruction, ReconstructOptions } from './sphere/reconstruction.ts';
export * from './sphere/saddlePoint.ts';
export * from './sphere/sampling.ts';
export * from './sphere/sinkhornKnopp.ts';
export * from './sphere/theory.ts';
export type { LabelledRows } from './sphere/theoryInput.ts';
export type {
  ClassWeights,
  EpochRecord,
  SphereTrainingData,
  SplittingOptions,
  TrainingCallOptions,
  TrainOptions,
  VonMisesFisherParameters,
} from './sphere/types.ts';

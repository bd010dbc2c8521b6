// The subpath denseam/sphere.

export { type NearestMemory, VonMisesFisherMemory } from './memory.ts';
export { logSphereArea, vonMisesFisherLogNormalizer, vonMisesFisherMeanResultantLength } from './normalizer.ts';
export {
  type ImagePatches,
  type ImagePatchesOptions,
  type Images,
  imagePatches,
  type RawArray,
  type RawVectors,
  type ToSphereOptions,
  toSphere,
} from './preparation.ts';
export type { Reconstruction, ReconstructOptions } from './reconstruction.ts';
export {
  type SaddlePoint,
  type SaddlePointOptions,
  solveSaddlePoint,
  solveTeacherSaddlePoint,
  type TeacherSaddlePointOptions,
} from './saddlePoint.ts';
export {
  type SpherePoints,
  type SphereSampleOptions,
  sampleTeacher,
  sampleUniformSphere,
  sampleVonMisesFisher,
  type TeacherOptions,
  type TeacherSample,
  type UniformSphereOptions,
  type VonMisesFisherOptions,
} from './sampling.ts';
export { type SinkhornKnoppOptions, type SinkhornKnoppResult, sinkhornKnopp } from './sinkhornKnopp.ts';
export {
  classWeightMultipliers,
  duplicate,
  effectiveInverseTemperature,
  type MultiplierOptions,
  type Multipliers,
  type SaddlePointParameters,
  type SplittingStability,
  type SplittingStabilityOptions,
  type Stationarity,
  type StationarityOptions,
  splittingStability,
  stationarity,
  type TheoryOptions,
} from './theory.ts';
export type { LabelledRows } from './theoryInput.ts';
export type {
  ClassWeights,
  EpochRecord,
  SphereTrainingData,
  SplittingOptions,
  TrainingCallOptions,
  TrainOptions,
  VonMisesFisherParameters,
} from './types.ts';

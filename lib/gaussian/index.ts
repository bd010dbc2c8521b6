// The subpath denseam/gaussian.

export type { CreateOptions } from '../memory/createOptions.ts';
export {
  type BasisOptions,
  type CommutingGaussians,
  commonBasis,
  type FullGaussians,
  toBasis,
  toFull,
} from './basis.ts';
export { GaussianMemory, type TransportMaps } from './memory.ts';
export type { RidgeOptions } from './options.ts';
export {
  type CommutingSphereSample,
  type CovarianceFamily,
  type PerturbOptions,
  perturb,
  type Range,
  type SphereOptions,
  type SphereSample,
  sampleWassersteinSphere,
} from './sampling.ts';
export {
  type AccuracyOptions,
  basinRadius,
  type CapacityOptions,
  capacity,
  capacityExponent,
  type ErrorBoundOptions,
  errorExponent,
  iterationsToAccuracy,
  type OneStepErrorOptions,
  oneStepErrorBound,
  type SeparationBoundOptions,
  separation,
  separationBound,
} from './theory.ts';

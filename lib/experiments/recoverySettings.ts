import type { SampleCloudsOptions } from '../pointcloud/sampling.ts';

/** The choices of the recovery experiment. */
export interface RecoverySettings {
  /** How many clouds are stored; each gives one query. */
  readonly count: number;
  readonly dimension: number;
  /** Of every cloud: the classical memory needs clouds of one size. */
  readonly points: number;
  readonly spread: number;
  /** Centres lie on the sphere of this radius. */
  readonly radius: number;
  readonly epsilon: number;
  readonly beta: number;
  /** Between each stored cloud and its query, whose points and weights are both moved. */
  readonly divergence: number;
  readonly tolerance: number;
  readonly maxIterations: number;
  /** A state this near to its own item, in divergence, has recovered it. */
  readonly threshold: number;
  readonly seed: number;
}

/** The choices of the recovery experiment. */
export interface RecoverySettings {
  /** Number of stored clouds; each gives one query. */
  readonly count: number;
  readonly dimension: number;
  /** Points of every cloud: the classical memory needs clouds of one size. */
  readonly points: number;
  readonly spread: number;
  /** Centres lie on the sphere of this radius. */
  readonly radius: number;
  /** Concentration of the random weights: see `samplePointClouds`. */
  readonly concentration: number;
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

/**
 * Sized for about ten seconds on two cores. epsilon is a quarter of the mean cost within a cloud: smaller ones tell
 * points apart better but let weight trickle more slowly. beta times the separation is about 18, so that other items do
 * not pull at a state.
 */
export const defaultRecoverySettings: RecoverySettings = {
  count: 20,
  dimension: 2,
  points: 12,
  spread: 1,
  radius: 6,
  concentration: 3,
  epsilon: 1,
  beta: 30,
  divergence: 0.3,
  tolerance: 1e-6,
  maxIterations: 2000,
  threshold: 1e-4,
  seed: 1,
};

/** Settings of a run of seconds. */
export const quickRecoverySettings: RecoverySettings = { ...defaultRecoverySettings, count: 8 };

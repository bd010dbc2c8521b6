/** Row-major numbers. The precision of what a memory stores follows the array it was given; results are always Float64Array. */
export type FloatArray = Float64Array | Float32Array;

/**
 * What is known of every covariance of a batch: `full` matrices, `diagonal` ones (a variance per coordinate) or
 * `isotropic` ones (a single variance). Arrays always hold VARIANCES, never standard deviations.
 */
export type Structure = 'full' | 'diagonal' | 'isotropic';

/** A batch of Gaussian distributions. */
export interface Gaussians {
  /** How many distributions. */
  readonly count: number;
  /** The dimension d of the space they live on. */
  readonly dimension: number;
  readonly structure: Structure;
  /** count x d. */
  readonly means: FloatArray;
  /** count x d x d (full), count x d (diagonal) or count (isotropic). */
  readonly covariances: FloatArray;
}

/** A batch of vectors. */
export interface Vectors {
  /** How many vectors. */
  readonly count: number;
  readonly dimension: number;
  /** count x dimension. */
  readonly values: FloatArray;
}

/** A dense row-major matrix of results. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** rows x columns. */
  readonly data: Float64Array;
}

/** How far a running call has come, in item evaluations; `completed` never falls and ends at `total`. */
export interface Progress {
  readonly completed: number;
  readonly total: number;
}

/** What every call that can take longer than a millisecond accepts. */
export interface CallOptions {
  /** Aborting it rejects the call's promise with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called on the event loop, at most about twenty times a second. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

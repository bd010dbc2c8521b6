/**
 * Row-major numbers. A memory stores its items in the precision of the given array; results are always Float64Array.
 */
export type FloatArray = Float64Array | Float32Array;

/**
 * The covariance structure shared by all items of a batch: `full` matrices, `diagonal` ones (a variance per coordinate)
 * or `isotropic` ones (a single variance). Arrays always hold VARIANCES, never standard deviations.
 */
export type Structure = 'full' | 'diagonal' | 'isotropic';

/** A batch of Gaussian distributions. */
export interface Gaussians {
  /** Number of distributions. */
  readonly count: number;
  /** The dimension d of the space they live on. */
  readonly dimension: number;
  /** The covariance structure shared by all items. */
  readonly structure: Structure;
  /** count x d. */
  readonly means: FloatArray;
  /** count x d x d (full), count x d (diagonal) or count (isotropic). */
  readonly covariances: FloatArray;
  /**
   * An orthogonal d x d matrix V whose columns are the common eigenvectors of `diagonal` covariances, which then are V
   * diag(variances) V'; means stay in the original coordinates. Default: variances along the coordinates. A basis is
   * ignored with `full` covariances, which are always in the original coordinates, and refused with `isotropic` ones.
   */
  readonly basis?: Matrix | undefined;
}

/** A batch of vectors. */
export interface Vectors {
  /** Number of vectors. */
  readonly count: number;
  /** Numbers in each vector. */
  readonly dimension: number;
  /** count x dimension. */
  readonly values: FloatArray;
}

/** A row-major matrix of either precision. */
export interface FloatMatrix {
  readonly rows: number;
  readonly columns: number;
  /** rows x columns. */
  readonly data: FloatArray;
}

/** A dense row-major matrix of results. */
export interface Matrix {
  /** One for each query. */
  readonly rows: number;
  /** One for each item. */
  readonly columns: number;
  /** rows x columns. */
  readonly data: Float64Array;
}

/** Progress of a running call; `completed` never falls and ends at `total`. */
export interface Progress {
  /** Item evaluations done (reads), items stored (`create`, `add`, `load`) or bytes written (`save`). */
  readonly completed: number;
  /** The total work. A retrieval that ends before its last allowed iteration leaps to it. */
  readonly total: number;
}

/** Options of every call that can take longer than a millisecond. */
export interface CallOptions {
  /** Signal that aborts the call: its promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Callback on the event loop: about twenty times a second, and at the end of each part of a large batch. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Pruning of items that provably cannot matter. */
export interface PruningOptions extends CallOptions {
  /**
   * True (default): items are left out when bounds show that all of them together have less than 2^-53 of the Gibbs
   * mass, which does not show in double precision. `{ mass }` allows another mass; false evaluates every item.
   * Memories of vectors and of diagonal and isotropic Gaussians leave items out only with an index, and in float32,
   * whose weights are accurate to 1e-4, less than 2^-24 of the mass.
   */
  readonly pruning?: boolean | DroppedMass | undefined;
}

/** Bound on the Gibbs mass that pruning may leave out. */
export interface DroppedMass {
  /** The Gibbs mass that may be lost, above 0 and below 1. */
  readonly mass: number;
}

/** Options of every verb that weighs the items. */
export interface BetaOptions extends PruningOptions {
  /** Inverse temperature, above 0. It multiplies the SQUARED distance, without a factor 1/2. */
  readonly beta: number;
}

/** Stopping rule and output of a retrieval. */
export interface IterationOptions extends PruningOptions {
  /**
   * A state is a fixed point when the next step would move it by at most this distance (W2, not squared; in the units
   * of the data). Default: 1e-6 of the memory's own scale, the standard deviation of the mixture of all its items.
   */
  readonly tolerance?: number | undefined;
  /** Maximum number of steps. Default 100; 0 evaluates the queries themselves. */
  readonly maxIterations?: number | undefined;
  /** Whether the states after every iteration are returned, too. Default false. */
  readonly trajectory?: boolean | undefined;
}

export interface RetrieveOptions extends IterationOptions {
  /**
   * Inverse temperature, above 0; or a schedule, one for each iteration, the last for all later ones. No state counts
   * as a fixed point before the last one.
   */
  readonly beta: number | readonly number[] | FloatArray;
}

export interface SweepOptions extends IterationOptions {
  /** Inverse temperatures, above 0: one retrieval with each. */
  readonly betas: readonly number[] | FloatArray;
}

export interface NearestOptions extends CallOptions {
  /** Number of items, from 1 to the memory's size. Default 1. */
  readonly k?: number | undefined;
  /** True (default): items that certainly are not among the k nearest are left out. */
  readonly pruning?: boolean | undefined;
}

/** The k nearest items of every query of any memory, nearest first. */
export interface NearestItems {
  /** The number of queries. */
  readonly rows: number;
  /** The number k of items. */
  readonly columns: number;
  /** rows x columns. */
  readonly indices: Int32Array;
}

/** The k nearest items of every query and their distances. */
export interface Neighbours extends NearestItems {
  /** Squared distances, rows x columns. */
  readonly distances: Float64Array;
}

/** Result of `retrieve` shared by all memories; everything describes the returned states. */
export interface CommonRetrieval<Items> {
  /** The fixed points, or the last states. */
  readonly states: Items;
  /** The energy of each state. */
  readonly energy: Float64Array;
  /** Index of the nearest item. */
  readonly nearest: Int32Array;
  /** Number of steps taken. */
  readonly iterations: Int32Array;
  /** Reason why each query stopped: `converged` where the stopping rule was met. */
  readonly stopped: readonly string[];
  /** Number of item evaluations over all iterations. */
  readonly evaluated: Int32Array;
  /**
   * Bound on the Gibbs mass that pruning left out, the greatest of all iterations; 0 where every item was evaluated.
   */
  readonly droppedMass: Float64Array;
  /** The states after 0, 1, 2, ... iterations; a query that has stopped stays where it is. */
  readonly trajectory?: readonly Items[];
}

/** Result of `retrieve`; everything describes the returned states. */
export interface Retrieval<Items> extends CommonRetrieval<Items> {
  /** Squared distance to the nearest item. */
  readonly nearestDistance: Float64Array;
  /** Distance by which one more step would move the state: W2, not squared. */
  readonly stepLength: Float64Array;
  /** Reason why it stopped: the step length is within the tolerance, or the iterations were used up. */
  readonly stopped: readonly ('converged' | 'iterations')[];
  /**
   * Number of item evaluations over all iterations; in a sweep, those of the shared first iteration count for every
   * beta.
   */
  readonly evaluated: Int32Array;
}

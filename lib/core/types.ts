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
  /** How the covariances are given. */
  readonly structure: Structure;
  /** count x d. */
  readonly means: FloatArray;
  /** count x d x d (full), count x d (diagonal) or count (isotropic). */
  readonly covariances: FloatArray;
  /**
   * With structure `diagonal`: an orthogonal d x d matrix V, common eigenvectors in its columns. Covariances then are
   * V diag(variances) V'; means stay in the original coordinates. Without it, variances are along the coordinates. Full covariances
   * are in the original coordinates in any case, and a basis beside them has no meaning; beside isotropic ones it is refused.
   */
  readonly basis?: Matrix | undefined;
}

/** A batch of vectors. */
export interface Vectors {
  /** How many vectors. */
  readonly count: number;
  /** Numbers in each. */
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

/** How far a running call has come; `completed` never falls and ends at `total`. */
export interface Progress {
  /** Item evaluations done (reads), items stored (`create`, `add`, `load`) or bytes written (`save`). */
  readonly completed: number;
  /** All there are to do. A retrieval that ends before its last allowed iteration reaches it in a leap. */
  readonly total: number;
}

/** What every call that can take longer than a millisecond accepts. */
export interface CallOptions {
  /** Aborting it rejects the call's promise with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called on the event loop: about twenty times a second, and at the end of each part of a large batch. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Whether items that provably cannot matter are left out. */
export interface PruningOptions extends CallOptions {
  /**
   * True (default): items are left out when bounds show that all of them together have less than 2^-53 of the Gibbs mass, which does
   * not show in double precision. `{ mass }` allows another mass; false evaluates every item. Only memories of full covariances and
   * of point clouds leave items out: for the others, evaluating an item costs no more than bounding it.
   */
  readonly pruning?: boolean | DroppedMass | undefined;
}

/** How much may be left out. */
export interface DroppedMass {
  /** The Gibbs mass that may be lost, above 0 and below 1. */
  readonly mass: number;
}

/** What every verb that weighs the items needs. */
export interface BetaOptions extends PruningOptions {
  /** Inverse temperature, above 0. It multiplies the SQUARED distance, without a factor 1/2. */
  readonly beta: number;
}

/** When a retrieval stops, and what it returns. */
export interface IterationOptions extends PruningOptions {
  /**
   * A state is a fixed point when the next step would move it by at most this distance (W2, not squared; in the units of the
   * data). Default: 1e-6 of the memory's own scale, the standard deviation of the mixture of all its items.
   */
  readonly tolerance?: number | undefined;
  /** Steps at most. Default 100; 0 evaluates the queries themselves. */
  readonly maxIterations?: number | undefined;
  /** Return the states after every iteration, too. Default false. */
  readonly trajectory?: boolean | undefined;
}

export interface RetrieveOptions extends IterationOptions {
  /**
   * Inverse temperature, above 0; or a schedule, one for each iteration, of which the last holds for all that follow. A state is no
   * fixed point before the last one.
   */
  readonly beta: number | readonly number[] | FloatArray;
}

export interface SweepOptions extends IterationOptions {
  /** Inverse temperatures, above 0: one retrieval with each. */
  readonly betas: readonly number[] | FloatArray;
}

export interface NearestOptions extends CallOptions {
  /** How many items, from 1 to the memory's size. Default 1. */
  readonly k?: number | undefined;
  /** True (default): items that certainly are not among the k nearest are left out. */
  readonly pruning?: boolean | undefined;
}

/** The k nearest items of every query, nearest first, whatever the memory. */
export interface NearestItems {
  /** The number of queries. */
  readonly rows: number;
  /** k. */
  readonly columns: number;
  /** rows x columns. */
  readonly indices: Int32Array;
}

/** The k nearest items of every query and their distances. */
export interface Neighbours extends NearestItems {
  /** Squared distances, rows x columns. */
  readonly distances: Float64Array;
}

/** What `retrieve` of every memory finds; everything describes the returned states. */
export interface CommonRetrieval<Items> {
  /** The fixed points, or the last states. */
  readonly states: Items;
  /** The energy of each state. */
  readonly energy: Float64Array;
  /** Index of the nearest item. */
  readonly nearest: Int32Array;
  /** Steps that were taken. */
  readonly iterations: Int32Array;
  /** Why each stopped: `converged` where the stopping rule was met. */
  readonly stopped: readonly string[];
  /** Items that were evaluated, over all iterations. */
  readonly evaluated: Int32Array;
  /** Bound on the Gibbs mass that pruning left out, the greatest of all iterations; 0 where every item was evaluated. */
  readonly droppedMass: Float64Array;
  /** The states after 0, 1, 2, ... iterations; a query that has stopped stays where it is. */
  readonly trajectory?: readonly Items[];
}

/** What `retrieve` found; everything describes the returned states. */
export interface Retrieval<Items> extends CommonRetrieval<Items> {
  /** Squared distance to the nearest item. */
  readonly nearestDistance: Float64Array;
  /** How far one more step would move the state: W2, not squared. */
  readonly stepLength: Float64Array;
  /** Why it stopped: the step length is within the tolerance, or the iterations were used up. */
  readonly stopped: readonly ('converged' | 'iterations')[];
  /** Item evaluations, over all iterations; of a sweep, those of the shared first one count for every beta. */
  readonly evaluated: Int32Array;
}

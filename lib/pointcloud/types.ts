import type {
  CallOptions,
  CommonRetrieval,
  FloatArray,
  FloatMatrix,
  Matrix,
  NearestItems,
  PruningOptions,
} from '../core/types.ts';

/** A batch of weighted point clouds (finitely supported probability distributions) of any sizes. */
export interface PointClouds {
  /** Number of clouds. */
  readonly count: number;
  /** The dimension d of the points' space. */
  readonly dimension: number;
  /** count + 1 integers from 0, each above the one before: cloud i has the points offsets[i] to offsets[i + 1] - 1. */
  readonly offsets: Int32Array;
  /** All points, total x d. */
  readonly points: FloatArray;
  /**
   * Weights of all points, at least 0. Those of a cloud sum to 1, to 1e-6 (to 1e-4 where float32 holds them all), and
   * are divided by their sum.
   */
  readonly weights: FloatArray;
}

/** Stopping rule of the solver of transport problems. */
export interface SolverOptions {
  /**
   * L1 error of the plan's marginals, above 0 and at most 0.01. Default 1e-10. Rounding leaves some 1e-16 times the
   * largest cost over epsilon.
   */
  readonly marginalTolerance?: number | undefined;
  /** Maximum number of iterations (Newton steps and Sinkhorn sweeps) of one problem, at least 1. Default 10000. */
  readonly maxSolverIterations?: number | undefined;
}

/** Options of loading a point-cloud memory. */
export interface PointCloudLoadOptions extends CallOptions, SolverOptions {}

/** Options of creating a point-cloud memory. */
export interface PointCloudOptions extends PointCloudLoadOptions {
  /** Entropic regularisation, above 0, in the units of a squared distance. */
  readonly epsilon: number;
}

/** Debiased Sinkhorn divergences of every query to every item, with their marginal errors. */
export interface Divergences extends Matrix {
  /** L1 marginal error reached, rows x columns. */
  readonly marginalErrors: Float64Array;
  /**
   * Number of pairs with a marginal error above the tolerance: their values are the solver's last ones, not results.
   */
  readonly notConverged: number;
}

/** Options of every verb that weighs the items. */
export interface CloudBetaOptions extends PruningOptions {
  /** Inverse temperature, above 0. It multiplies the divergence, which is a squared distance as epsilon vanishes. */
  readonly beta: number;
}

/** Step sizes of the flow's two channels, points and weights. */
export interface FlowSteps {
  /** eta: from 0 (points stay) to 1 (to the barycentre of the frozen plans). Default 1. */
  readonly transportStep?: number | undefined;
  /** tau: from 0 (weights stay) up, capped so that no ratio of weights changes by more than e. Default 1 / epsilon. */
  readonly reweightStep?: number | undefined;
  /**
   * Whether weights wait in every step in which moving the points gains more, 2 eta sum_k a_k |move_k|^2 > tau Var_a V:
   * weight moved before its points have arrived goes to the wrong ones. False: both move in every step, as published
   * (Mustafi 2026). Either way a step is shortened until the energy falls. Default true.
   */
  readonly gated?: boolean | undefined;
}

/** Options of one step of the flow. */
export interface CloudStepOptions extends CloudBetaOptions, FlowSteps {}

/** Stopping rule and output of a retrieval. */
export interface CloudIterationOptions extends PruningOptions, FlowSteps {
  /**
   * A state is a fixed point when the norm of the energy's gradient is at most this: sqrt(sum_k a_k |grad V(x_k)|^2 +
   * Var_a V), the first part without a transport step, the second without a reweighting step. Default: 1e-6 of the
   * memory's own scale L, the standard deviation of the mixture of all its items (sqrt(epsilon) where these are all one
   * point), V being counted in units of L: sqrt(sum_k a_k |grad V(x_k)|^2 + Var_a V / L^2) <= 1e-6 L.
   */
  readonly tolerance?: number | undefined;
  /** Maximum number of steps. Default 300; 0 evaluates the queries themselves. */
  readonly maxIterations?: number | undefined;
  /** Whether the states and their energies after every iteration are returned, too. Default false. */
  readonly trajectory?: boolean | undefined;
}

export interface CloudRetrieveOptions extends CloudIterationOptions {
  /**
   * Inverse temperature, above 0; or a schedule, one for each iteration, the last for all later ones. No state counts
   * as a fixed point before the last one.
   */
  readonly beta: number | readonly number[] | FloatArray;
}

export interface CloudSweepOptions extends CloudIterationOptions {
  /** Inverse temperatures, above 0: one retrieval with each. */
  readonly betas: readonly number[] | FloatArray;
}

/** Gibbs weights of every query, with the marginal errors of their problems. */
export interface CloudWeights extends Matrix {
  /** Greatest L1 marginal error of each query's problems, one for each row. */
  readonly marginalErrors: Float64Array;
}

/** The energy of every query and its gradient. */
export interface CloudGradient {
  /** The energy E of each query. */
  readonly energy: Float64Array;
  /** dE/dx of every point of the queries, total x d. */
  readonly points: Float64Array;
  /**
   * First variation V of the energy at every point of the queries, total. It is determined up to a constant, chosen so
   * that its mean under the query's weights is 0: moving weights by da changes E by sum_k V_k da_k. It is 0 at points
   * of weight 0.
   */
  readonly firstVariation: Float64Array;
  /** sqrt(sum_k a_k |grad V(x_k)|^2 + Var_a V), one for each query. */
  readonly gradientNorm: Float64Array;
  /** Greatest L1 marginal error of each query's problems. */
  readonly marginalErrors: Float64Array;
}

/** The k nearest items of every query and their divergences. */
export interface CloudNeighbours extends NearestItems {
  /** Debiased Sinkhorn divergences, rows x columns. */
  readonly divergences: Float64Array;
  /** Greatest L1 marginal error of each query's problems, one for each row. */
  readonly marginalErrors: Float64Array;
}

/** Barycentric maps from the points of one cloud. */
export interface CloudTransportMaps {
  /** Number of maps. */
  readonly count: number;
  /** Number of points of the cloud. */
  readonly points: number;
  /** d. */
  readonly dimension: number;
  /** T_i(x_k), count x points x d. Points of weight 0 stay where they are. */
  readonly images: Float64Array;
  /** L1 marginal error of the plan behind each map. */
  readonly marginalErrors: Float64Array;
}

/** Result of `retrieve`; everything describes the returned states. Each has as many points as its query. */
export interface CloudRetrieval extends CommonRetrieval<PointClouds> {
  /** Debiased Sinkhorn divergence from the nearest item. */
  readonly nearestDivergence: Float64Array;
  /** Norm of the energy's gradient, as in {@link CloudIterationOptions.tolerance}. */
  readonly gradientNorm: Float64Array;
  /**
   * Greatest L1 marginal error of the problems behind these numbers. Above the memory's `marginalTolerance` they were
   * not solved.
   */
  readonly marginalError: Float64Array;
  /**
   * Reason why it stopped. `converged`: the gradient norm is within the tolerance; `iterations`: they were used up;
   * `stalled`: no step lowers the energy by more than rounding; `unsolved`: a transport problem of the state or of the
   * next ones was not solved to `marginalTolerance`. An unsolved problem allows no further step, and the numbers here
   * are then the solver's last ones.
   */
  readonly stopped: readonly CloudStop[];
  /** Number of divergences computed in full, over all states that were tried; bounds ruled out the other items. */
  readonly evaluated: Int32Array;
  /** The energy of each state of the trajectory. */
  readonly trajectoryEnergy?: readonly Float64Array[];
}

export type CloudStop = 'converged' | 'iterations' | 'stalled' | 'unsolved';

/** Options of every solver of transport problems. */
export interface TransportOptions extends CallOptions, SolverOptions {
  /** Entropic regularisation, above 0, in the units of the cost. */
  readonly epsilon: number;
}

/** Options of {@link sinkhorn}. */
export interface SinkhornOptions extends TransportOptions {
  /** Whether the plans are returned, too. Default true. */
  readonly plans?: boolean | undefined;
}

/** Options of {@link sinkhornDivergence}. */
export interface SinkhornDivergenceOptions extends TransportOptions {
  /** Whether the gradients and first variations are returned, too. Default false. */
  readonly gradient?: boolean | undefined;
}

/** One transport problem with given costs. */
export interface TransportProblem {
  /** Any finite numbers, rows x columns. */
  readonly cost: FloatMatrix;
  /** One a row, at least 0; the sum is 1 as in {@link PointClouds.weights}. */
  readonly rowWeights: FloatArray | readonly number[];
  /** One a column, at least 0; the sum is 1 as in {@link PointClouds.weights}. */
  readonly columnWeights: FloatArray | readonly number[];
}

/** Entropic optimal transport of every pair of clouds. */
export interface SinkhornResults {
  /** Number of pairs. */
  readonly count: number;
  /** The regularised cost <a, f> + <b, g> of each pair. */
  readonly values: Float64Array;
  /** The cost of the plan alone, sum_kj P_kj |x_k - y_j|^2. */
  readonly transportCosts: Float64Array;
  /**
   * f, one for each source point of every pair, 0 where the weight is; pair i has those from sourceOffsets[i] to
   * sourceOffsets[i + 1] - 1.
   */
  readonly sourcePotentials: Float64Array;
  /** count + 1. */
  readonly sourceOffsets: Int32Array;
  /** g, one for each target point of every pair. */
  readonly targetPotentials: Float64Array;
  /** count + 1. */
  readonly targetOffsets: Int32Array;
  /** The plan of each pair, source points x target points (views of larger arrays); none unless wanted. */
  readonly plans: readonly Matrix[];
  /** L1 error of each plan's marginals. */
  readonly marginalErrors: Float64Array;
  /** Newton steps and Sinkhorn sweeps of each pair. */
  readonly iterations: Int32Array;
  /** Number of Newton steps among them. */
  readonly newtonSteps: Int32Array;
  /**
   * Reason why it stopped. `converged`: the marginal error is within the tolerance; `iterations`: they were used up;
   * `stalled`: rounding allows no better.
   */
  readonly stopped: readonly SolverStop[];
}

/** Entropic optimal transport with given costs. */
export interface SinkhornResult {
  /** The regularised cost <a, f> + <b, g>. */
  readonly value: number;
  /** The cost of the plan alone, sum_kj P_kj C_kj. */
  readonly transportCost: number;
  /** f, one a row. */
  readonly rowPotentials: Float64Array;
  /** g, one a column. */
  readonly columnPotentials: Float64Array;
  /** The plan, rows x columns; none unless wanted. */
  readonly plan?: Matrix;
  /** L1 error of the plan's marginals. */
  readonly marginalError: number;
  /** Newton steps and Sinkhorn sweeps. */
  readonly iterations: number;
  /** Number of Newton steps among them. */
  readonly newtonSteps: number;
  /**
   * Reason why it stopped. `converged`: the marginal error is within the tolerance; `iterations`: they were used up;
   * `stalled`: rounding allows no better.
   */
  readonly stopped: SolverStop;
}

/** Debiased Sinkhorn divergences of pairs of clouds. */
export interface SinkhornDivergences {
  /** Number of pairs. */
  readonly count: number;
  /** S of each pair. */
  readonly values: Float64Array;
  /** Greatest L1 marginal error of the three problems of each pair. */
  readonly marginalErrors: Float64Array;
  /** Newton steps and Sinkhorn sweeps of each pair. */
  readonly iterations: Int32Array;
  /**
   * Reason why it stopped. `converged`: the marginal error is within the tolerance; `iterations`: they were used up;
   * `stalled`: rounding allows no better.
   */
  readonly stopped: readonly SolverStop[];
  /** dS/dx of every source point of every pair, total x d, if wanted. */
  readonly gradients?: Float64Array;
  /**
   * First variation of S at every source point of every pair, total, of mean 0 under the source's weights and 0 at
   * points of weight 0, if wanted.
   */
  readonly firstVariations?: Float64Array;
  /**
   * count + 1, if they are wanted: pair i has the source points sourceOffsets[i] to sourceOffsets[i + 1] - 1 of these.
   */
  readonly sourceOffsets?: Int32Array;
}

export type SolverStop = 'converged' | 'iterations' | 'stalled';

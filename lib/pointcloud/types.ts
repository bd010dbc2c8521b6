import type { CallOptions, FloatArray, Matrix, PruningOptions } from '../core/types.ts';

/** A batch of weighted point clouds (finitely supported probability distributions), each of a size of its own. */
export interface PointClouds {
  /** How many clouds. */
  readonly count: number;
  /** The dimension d of the space the points live in. */
  readonly dimension: number;
  /** count + 1 integers from 0, each above the one before: cloud i has the points offsets[i] to offsets[i + 1] - 1. */
  readonly offsets: Int32Array;
  /** All points, total x d. */
  readonly points: FloatArray;
  /** One for each point, at least 0. Those of a cloud sum to 1, to 1e-6 (float32: 1e-4), and are divided by their sum. */
  readonly weights: FloatArray;
}

/** When a transport problem counts as solved. */
export interface SolverOptions {
  /** L1 error of the plan's marginals, above 0 and at most 0.01. Default 1e-10. */
  readonly marginalTolerance?: number | undefined;
  /** Iterations (Newton steps and Sinkhorn sweeps) of one problem at most, at least 1. Default 10000. */
  readonly maxSolverIterations?: number | undefined;
}

/** How a point-cloud memory compares clouds. */
export interface PointCloudOptions extends CallOptions, SolverOptions {
  /** Entropic regularisation, above 0, in the units of a squared distance. */
  readonly epsilon: number;
}

/** Debiased Sinkhorn divergences of every query to every item, with how well each was solved. */
export interface Divergences extends Matrix {
  /** L1 marginal error reached, rows x columns. */
  readonly marginalErrors: Float64Array;
  /** Pairs whose marginal error is above the tolerance: their values are lower bounds, not results. */
  readonly notConverged: number;
}

/** What every verb that weighs the items needs. */
export interface CloudBetaOptions extends PruningOptions {
  /** Inverse temperature, above 0. It multiplies the divergence, which is a squared distance as epsilon vanishes. */
  readonly beta: number;
}

/** Which channels of the flow are open, and how far a step goes at most. */
export interface FlowSteps {
  /** eta: from 0 (points stay) to 1 (to the barycentre of the frozen plans). Default 1. */
  readonly transportStep?: number | undefined;
  /** tau: from 0 (weights stay) up; a step is capped so that no ratio of weights changes by more than e. Default 1 / epsilon. */
  readonly reweightStep?: number | undefined;
}

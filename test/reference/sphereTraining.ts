/**
 * Training of the von Mises-Fisher memory: one step of constrained descent, and the constraints (appendices C and D).
 */
import { jacobiVectors } from './eigen.ts';
import {
  columns,
  dot,
  gradients,
  logSum,
  normalised,
  type SphereModel,
  sum,
  type Table,
  type Targets,
  weighted,
} from './sphere.ts';

export interface TrainingState extends SphereModel {
  /** p_h, P+1: what the rows of the class weights sum to. */
  readonly hiddenShares: readonly number[];
  /** p_q, C+1: what the columns sum to. */
  readonly classShares: readonly number[];
  readonly velocities: { readonly memories: Table; readonly classWeights: Table; readonly beta: number };
}

export interface StepOptions {
  readonly learningRate: number;
  readonly momentum: number;
  readonly trainBeta: boolean;
}

/** Sweeps of Sinkhorn and Knopp after a step. */
const SWEEPS = 10;
/** Rows this close to their sums, relative, need no further sweep. */
const ROW_ERROR = 1e-13;
/** What a beta of zero becomes. */
const LEAST_BETA = 2 ** -1022;

export function rowSums(table: Table): number[] {
  return table.map(sum);
}

export function columnSums(table: Table): number[] {
  return columns(table).map(sum);
}

/** A state with nothing in motion. */
export function atRest(
  model: SphereModel,
  hiddenShares: readonly number[],
  classShares: readonly number[],
): TrainingState {
  const zeros = (table: Table) => table.map((row) => row.map(() => 0));
  const velocities = { memories: zeros(model.memories), classWeights: zeros(model.classWeights), beta: 0 };
  return { ...model, hiddenShares, classShares, velocities };
}

/** f of the corresponding entries of two tables. */
function combined(a: Table, b: Table, f: (a: number, b: number) => number): number[][] {
  return a.map((row, i) => row.map((value, j) => f(value, (b[i] as readonly number[])[j] as number)));
}

/** G - (G.w) w. */
function tangential(gradient: readonly number[], w: readonly number[]): number[] {
  const along = dot(gradient, w);
  return gradient.map((value, k) => value - along * (w[k] as number));
}

/** One step on a minibatch; every gradient is taken at the given state. */
export function trainingStep(state: TrainingState, x: Table, targets: Targets, options: StepOptions): TrainingState {
  const gradient = gradients(state, x, targets);
  const memories = memoryStep(state, gradient.memories, options);
  const classWeights = classWeightStep(state, gradient.classWeights, options);
  const beta = betaStep(state, gradient.beta, options);
  const moved = {
    ...state,
    memories: memories.values,
    classWeights: classWeights.values,
    beta: beta.value,
    velocities: { memories: memories.velocity, classWeights: classWeights.velocity, beta: beta.velocity },
  };
  return moved.beta < 0 ? mirrored(moved) : { ...moved, beta: Math.max(moved.beta, LEAST_BETA) };
}

/** The state with -w for w and -beta for beta. */
export function mirrored(state: TrainingState): TrainingState {
  const turned = (rows: Table) => rows.map((row) => row.map((value) => -value));
  const { memories, classWeights, beta } = state.velocities;
  return {
    ...state,
    memories: turned(state.memories),
    beta: -state.beta,
    velocities: { memories: turned(memories), classWeights, beta: -beta },
  };
}

/** v <- m v - lr G, which is then taken with lr again. */
function slowed(velocity: Table, gradient: Table, { learningRate, momentum }: StepOptions): number[][] {
  return combined(velocity, gradient, (v, g) => momentum * v - learningRate * g);
}

function memoryStep(state: TrainingState, gradient: Table, options: StepOptions) {
  const projected = gradient.map((row, mu) => tangential(row, state.memories[mu] as readonly number[]));
  const velocity = slowed(state.velocities.memories, projected, options);
  const moved = combined(state.memories, velocity, (w, v) => w + options.learningRate * v);
  return { values: moved.map(normalised), velocity };
}

/** (1 - p/p_h) of the gradient with respect to (P + P0) p, P + P0 = P / (1 - p_h(0)) (appendices C and D). */
function projectedClassGradient(state: TrainingState, gradient: Table): number[][] {
  const scale = state.memories.length / (1 - (state.hiddenShares[0] as number));
  return gradient.map((row, gamma) => {
    const share = state.hiddenShares[gamma] as number;
    if (share === 0) return row.map(() => 0);
    const scaled = row.map((value) => value / scale);
    const weights = state.classWeights[gamma] as readonly number[];
    const mean = sum(scaled.map((value, y) => weighted(weights[y] as number, value))) / share;
    return scaled.map((value) => value - mean);
  });
}

/**
 * p <- p e^(lr v), in logarithms: where a weight is tiny its gradient is huge, and the exponential leaves the range of
 * doubles.
 */
function classWeightStep(state: TrainingState, gradient: Table, options: StepOptions) {
  const velocity = slowed(state.velocities.classWeights, projectedClassGradient(state, gradient), options);
  const moved = combined(state.classWeights, velocity, (p, v) =>
    p === 0 ? Number.NEGATIVE_INFINITY : Math.log(p) + options.learningRate * v,
  );
  return { values: sinkhornOfLogarithms(moved, state.hiddenShares, state.classShares, SWEEPS), velocity };
}

function betaStep(state: TrainingState, gradient: number, { learningRate, momentum, trainBeta }: StepOptions) {
  if (!trainBeta) return { value: state.beta, velocity: state.velocities.beta };
  const velocity = momentum * state.velocities.beta - learningRate * gradient;
  return { value: state.beta + learningRate * velocity, velocity };
}

/**
 * At most `sweeps` sweeps, each the rows to their sums and then the columns (eq. 22), so that the columns are exact at
 * the end. The first is always taken: rows that are right say nothing of the columns before it.
 */
export function sinkhornKnopp(
  matrix: Table,
  rows: readonly number[],
  columnTargets: readonly number[],
  sweeps: number,
): number[][] {
  const logs = matrix.map((row) => row.map(Math.log));
  return sinkhornOfLogarithms(logs, rows, columnTargets, sweeps);
}

/** Scales a matrix that is given by its logarithms. */
function sinkhornOfLogarithms(
  logarithms: Table,
  rows: readonly number[],
  columnTargets: readonly number[],
  sweeps: number,
): number[][] {
  let logs = logarithms.map((row) => [...row]);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    if (sweep > 0 && relativeError(rowSums(exponentials(logs)), rows) < ROW_ERROR) break;
    logs = logs.map((row, gamma) => scaledTo(row, rows[gamma] as number));
    logs = columns(columns(logs).map((ofClass, y) => scaledTo(ofClass, columnTargets[y] as number)));
  }
  return exponentials(logs);
}

/** The line whose exponentials sum to `total`; one of zeros, or to become zeros, is all -Infinity. */
function scaledTo(line: readonly number[], total: number): number[] {
  const log = logSum(line);
  return line.map((value) => (value === Number.NEGATIVE_INFINITY ? value : value - log + Math.log(total)));
}

function exponentials(logarithms: Table): number[][] {
  return logarithms.map((row) => row.map(Math.exp));
}

/** The greatest relative error of the sums whose target is not zero. */
export function relativeError(sums: readonly number[], targets: readonly number[]): number {
  return Math.max(
    0,
    ...sums.map((value, at) => {
      const target = targets[at] as number;
      return target === 0 ? 0 : Math.abs(value - target) / target;
    }),
  );
}

export interface Multipliers {
  /** lambda_y, C+1. */
  readonly lambda: number[];
  /** omega_gamma, P+1. Only the sums lambda + omega are determined. */
  readonly omega: number[];
  /** pbar / (lambda + omega), which has the marginals. */
  readonly classWeights: number[][];
}

/** Newton steps after which the multipliers are given up. */
const NEWTON_STEPS = 500;
/** Relative error of the marginals at which they are found. */
const MARGINAL_ERROR = 1e-12;

/**
 * The multipliers of eq. 21. They are where the concave sum pbar log(lambda + omega) - lambda.p_q - omega.p_h is
 * greatest: Newton's method, the step halved until the sum rises enough.
 */
export function multipliers(pbar: Table, hiddenShares: readonly number[], classShares: readonly number[]): Multipliers {
  const half = sum(rowSums(pbar)) / 2;
  let lambda = classShares.map(() => half);
  let omega = hiddenShares.map(() => half);
  for (let step = 0, last = Number.POSITIVE_INFINITY; step < NEWTON_STEPS; step++) {
    const classWeights = quotient(pbar, lambda, omega);
    const error = Math.max(
      relativeError(rowSums(classWeights), hiddenShares),
      relativeError(columnSums(classWeights), classShares),
    );
    const stalled = error > last / 2 && error <= multiplierTolerance(pbar, lambda, omega);
    if (error <= MARGINAL_ERROR || stalled) return { lambda, omega, classWeights };
    last = error;
    ({ lambda, omega } = newtonStep(pbar, hiddenShares, classShares, lambda, omega));
  }
  throw new Error(`No multipliers found in ${NEWTON_STEPS} steps`);
}

/**
 * What error of the marginals, relative, the multipliers may have: MARGINAL_ERROR, or the rounding that cancels in
 * lambda + omega.
 */
export function multiplierTolerance(pbar: Table, lambda: readonly number[], omega: readonly number[]): number {
  const lost = pbar.flatMap((row, gamma) =>
    row.map((value, y) => {
      const [a, b] = [lambda[y] as number, omega[gamma] as number];
      return value === 0 ? 0 : (Math.abs(a) + Math.abs(b)) / (a + b);
    }),
  );
  return Math.max(MARGINAL_ERROR, 2 ** -52 * Math.max(...lost));
}

function quotient(pbar: Table, lambda: readonly number[], omega: readonly number[]): number[][] {
  return pbar.map((row, gamma) =>
    row.map((value, y) => (value === 0 ? 0 : value / ((lambda[y] as number) + (omega[gamma] as number)))),
  );
}

/** The dual sum; -Infinity where a lambda + omega that counts is not positive. */
function dual(
  pbar: Table,
  hiddenShares: readonly number[],
  classShares: readonly number[],
  lambda: readonly number[],
  omega: readonly number[],
): number {
  const terms = pbar.flatMap((row, gamma) =>
    row.map((value, y) => {
      if (value === 0) return 0;
      const zeta = (lambda[y] as number) + (omega[gamma] as number);
      return zeta > 0 ? value * Math.log(zeta) : Number.NEGATIVE_INFINITY;
    }),
  );
  return sum(terms) - dot(lambda, classShares) - dot(omega, hiddenShares);
}

function newtonStep(
  pbar: Table,
  hiddenShares: readonly number[],
  classShares: readonly number[],
  lambda: readonly number[],
  omega: readonly number[],
): { lambda: number[]; omega: number[] } {
  const p = quotient(pbar, lambda, omega);
  const slope = [
    ...columnSums(p).map((value, y) => value - (classShares[y] as number)),
    ...rowSums(p).map((value, gamma) => value - (hiddenShares[gamma] as number)),
  ];
  const direction = solved(curvature(quotient(p, lambda, omega)), slope);
  const rise = dot(slope, direction);
  const start = dual(pbar, hiddenShares, classShares, lambda, omega);
  // A rise this small is lost in the rounding of the sum, and Newton's method needs no damping any more.
  const negligible = 1e-12 * sum(rowSums(pbar));
  for (let t = 1; t > 1e-30; t /= 2) {
    const nextLambda = lambda.map((value, y) => value + t * (direction[y] as number));
    const nextOmega = omega.map((value, gamma) => value + t * (direction[classShares.length + gamma] as number));
    const reached = dual(pbar, hiddenShares, classShares, nextLambda, nextOmega);
    const enough = rise < negligible ? reached > Number.NEGATIVE_INFINITY : reached >= start + 1e-4 * t * rise;
    if (enough) return { lambda: nextLambda, omega: nextOmega };
  }
  throw new Error('No step raises the dual sum');
}

/** Minus the second derivatives, by (lambda, omega), from pbar / (lambda + omega)^2. */
function curvature(second: Table): number[][] {
  const byClass = columnSums(second);
  const byUnit = rowSums(second);
  const identity = (size: number, diagonal: readonly number[]) =>
    diagonal.map((value, i) => Array.from({ length: size }, (_, j) => (i === j ? value : 0)));
  const top = identity(byClass.length, byClass).map((row, y) => [...row, ...second.map((of) => of[y] as number)]);
  const bottom = identity(byUnit.length, byUnit).map((row, gamma) => [...(second[gamma] as number[]), ...row]);
  return [...top, ...bottom];
}

/** The shortest solution of K d = g after scaling K to a unit diagonal; K has at least the null vector (1, -1). */
function solved(k: Table, g: readonly number[]): number[] {
  const n = g.length;
  const scale = k.map((row, i) => ((row[i] as number) === 0 ? 0 : 1 / Math.sqrt(row[i] as number)));
  const scaled = k.flatMap((row, i) => row.map((value, j) => value * (scale[i] as number) * (scale[j] as number)));
  const { values, vectors } = jacobiVectors(Float64Array.from(scaled), n);
  const right = g.map((value, i) => value * (scale[i] as number));
  const result = g.map(() => 0);
  values.forEach((value, at) => {
    // Null up to rounding: the eigenvalues lie between 0 and 2.
    if (value < 1e-14 * n) return;
    const vector = right.map((_, i) => vectors[i * n + at] as number);
    const amount = dot(vector, right) / value;
    vector.forEach((entry, i) => {
      result[i] = (result[i] as number) + amount * entry * (scale[i] as number);
    });
  });
  return result;
}

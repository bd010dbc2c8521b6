/**
 * What is done with a trained von Mises-Fisher memory: splitting (algorithm 1, appendix K) and reconstruction (section
 * 2.1).
 */
import { jacobiVectors } from './eigen.ts';
import {
  column,
  dot,
  logDensity,
  normalised,
  responsibilities,
  type SphereModel,
  sensitivities,
  sum,
  type Table,
  type Targets,
} from './sphere.ts';

/**
 * S_mu = -beta_e^2 E[gamma xt xt'] + beta_e E[gamma m] (I - w w'), N x N, where xt = x - m w, m = w.x. When memory mu
 * is replaced by two of half its class weights at normalise(w + t u) and normalise(w - t u), the loss changes by t^2/2
 * u'S u + O(t^4). For the unsupervised loss that is so with gamma taken from its sensitivities, as here.
 */
export function splittingMatrix(model: SphereModel, x: Table, targets: Targets, mu: number): number[][] {
  const w = model.memories[mu] as readonly number[];
  const scale = model.betaScale * model.beta;
  const gamma = column(responsibilities(model, x, sensitivities(model, x, targets)), mu + 1);
  const overlaps = x.map((point) => dot(w, point));
  const tangents = x.map((point, n) => point.map((value, k) => value - (overlaps[n] as number) * (w[k] as number)));
  const overlap = dot(gamma, overlaps) / x.length;
  return w.map((wi, i) =>
    w.map((wj, j) => {
      const covariance = dot(
        gamma,
        tangents.map((t) => (t[i] as number) * (t[j] as number)),
      );
      return (-scale * scale * covariance) / x.length + scale * overlap * ((i === j ? 1 : 0) - wi * wj);
    }),
  );
}

/** N - 1 orthonormal vectors orthogonal to w: what the reflection that takes w to an axis makes of the other axes. */
function tangentBasis(w: readonly number[]): number[][] {
  const first = w[0] as number;
  const v = normalised([first + (first < 0 ? -1 : 1), ...w.slice(1)]);
  return v.slice(1).map((vk, at) => v.map((vi, i) => (i === at + 1 ? 1 : 0) - 2 * vi * vk));
}

/**
 * The least eigenvalue of a symmetric N x N matrix on the tangent space of w, and its eigenvector (of norm 1, of either
 * sign).
 */
export function leastTangentEigen(matrix: Table, w: readonly number[]): { value: number; vector: number[] } {
  const basis = tangentBasis(w);
  const images = basis.map((b) => matrix.map((row) => dot(row, b)));
  const restricted = basis.flatMap((b) => images.map((image) => dot(b, image)));
  const { values, vectors } = jacobiVectors(Float64Array.from(restricted), basis.length);
  const value = Math.min(...values);
  const at = values.indexOf(value);
  const coefficients = basis.map((_, i) => vectors[i * basis.length + at] as number);
  return { value, vector: w.map((_, k) => dot(coefficients, column(basis, k))) };
}

/** What splitting changes. */
export interface SplitParts {
  readonly memories: Table;
  readonly classWeights: Table;
  readonly hiddenShares: readonly number[];
}

/**
 * Memories `indices` (from 0) go to normalise(w + delta u), their copies, at the end, to normalise(w - delta u); each
 * takes half.
 */
export function split(parts: SplitParts, indices: readonly number[], directions: Table, delta: number): SplitParts {
  const moved = (index: number, step: number) => {
    const u = directions[indices.indexOf(index)] as readonly number[];
    return normalised((parts.memories[index] as readonly number[]).map((w, k) => w + step * (u[k] as number)));
  };
  const halved = parts.classWeights.map((row, at) => (indices.includes(at - 1) ? row.map((p) => p / 2) : row));
  const shares = parts.hiddenShares.map((share, at) => (indices.includes(at - 1) ? share / 2 : share));
  return {
    memories: [
      ...parts.memories.map((w, index) => (indices.includes(index) ? moved(index, delta) : w)),
      ...indices.map((index) => moved(index, -delta)),
    ],
    classWeights: [...halved, ...indices.map((index) => halved[index + 1] as readonly number[])],
    hiddenShares: [...shares, ...indices.map((index) => shares[index + 1] as number)],
  };
}

export interface ReconstructionOptions {
  /** Which coordinates stay as they are; none by default. */
  readonly clamped?: readonly boolean[];
  readonly tolerance: number;
  readonly maxIterations: number;
}

/** What `reconstruct` of one point returns; every field describes `state`. */
export interface ReferenceReconstruction {
  readonly state: readonly number[];
  readonly trajectory: Table;
  readonly iterations: number;
  readonly stepLength: number;
  /** log P(x | y). */
  readonly logDensity: number;
}

/** log P(x | y) = log P(x, y) - log p_q(y). */
export function logConditional(model: SphereModel, point: readonly number[], y: number): number {
  return (logDensity(model, [point])[0]?.[y] as number) - Math.log(sum(column(model.classWeights, y)));
}

/**
 * One application of x <- normalise(sum_mu s_mu w_mu), s_mu proportional to p_y^mu e^(a_mu). log P(x | y) is convex in
 * x: its tangent plane bounds it from below, and x becomes where on the sphere that plane is highest. Clamped
 * coordinates stay, and the free part keeps the norm that they leave it. Where the sum has no free part the point
 * stays.
 */
export function reconstructionStep(
  model: SphereModel,
  point: readonly number[],
  y: number,
  clamped: readonly boolean[] = point.map(() => false),
): readonly number[] {
  const shares = memoryShares(model, point, y);
  const free = point.map((_, k) => (clamped[k] ? 0 : dot(shares, column(model.memories, k))));
  if (free.every((value) => value === 0)) return point;
  const fixed = sum(point.map((value, k) => (clamped[k] ? value * value : 0)));
  const radius = Math.sqrt(Math.max(0, 1 - fixed));
  const direction = normalised(free);
  return point.map((value, k) => (clamped[k] ? value : radius * (direction[k] as number)));
}

/** s_mu, summing to 1: the background would only shorten the sum of memories, down to underflow. */
function memoryShares(model: SphereModel, point: readonly number[], y: number): number[] {
  const classWeights = model.classWeights.map((row, gamma) => row.map((p) => (gamma === 0 ? 0 : p)));
  const onlyClass = (model.classWeights[0] as readonly number[]).map((_, at) => (at === y ? 1 : 0));
  return (responsibilities({ ...model, classWeights }, [point], [onlyClass])[0] as number[]).slice(1);
}

/** Steps until one is no longer than the tolerance; that one is not taken. */
export function reconstruct(
  model: SphereModel,
  point: readonly number[],
  y: number,
  { clamped, tolerance, maxIterations }: ReconstructionOptions,
): ReferenceReconstruction {
  const trajectory = [point];
  for (let state = point; ; ) {
    const next = reconstructionStep(model, state, y, clamped);
    const stepLength = Math.hypot(...next.map((value, k) => value - (state[k] as number)));
    const iterations = trajectory.length - 1;
    if (stepLength <= tolerance || iterations === maxIterations) {
      return { state, trajectory, iterations, stepLength, logDensity: logConditional(model, state, y) };
    }
    state = next;
    trajectory.push(next);
  }
}

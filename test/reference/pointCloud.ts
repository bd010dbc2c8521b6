/** The point-cloud memory from its definitions: every problem solved cold, every item evaluated, no bounds. */
import { dot, largest, type Problem, type Row, type Solution, solve, sum, type Table } from './sinkhorn.ts';

export interface Cloud {
  readonly points: Table;
  /** Positive, summing to 1. */
  readonly weights: Row;
}

export function squaredDistance(x: Row, y: Row): number {
  return sum(x.map((value, k) => (value - (y[k] as number)) ** 2));
}

export function costsOf(source: Cloud, target: Cloud): Table {
  return source.points.map((x) => target.points.map((y) => squaredDistance(x, y)));
}

export function transport(source: Cloud, target: Cloud, epsilon: number): Solution {
  const costs = costsOf(source, target);
  const problem: Problem = { costs, rowWeights: source.weights, columnWeights: target.weights, epsilon };
  const found = solve(problem);
  // A reference that has not converged must not be compared with. Exponents are rounded to about this.
  const rounding = 2 ** -50 * (1 + largest(costs) / epsilon);
  if (!(found.marginalError <= 1e-11 + rounding * source.weights.length)) {
    throw new Error(`The reference did not converge: marginal error ${found.marginalError}`);
  }
  return found;
}

/** T(x_k) = (1/a_k) sum_j P_kj y_j. */
export function images(source: Cloud, target: Cloud, plan: Table): Table {
  return plan.map((row, k) => {
    const coordinate = (c: number) => sum(row.map((mass, j) => mass * ((target.points[j] as Row)[c] as number)));
    return (source.points[0] as Row).map((_, c) => coordinate(c) / (source.weights[k] as number));
  });
}

/**
 * The potential of a cloud with itself: f = g, which a solver finds up to a constant that moves from one to the other.
 */
function selfPotential({ f, g }: Solution): Row {
  return f.map((value, k) => (value + (g[k] as number)) / 2);
}

/** The divergence S of a cloud to another, and what it is when the source changes. */
export interface Comparison {
  readonly divergence: number;
  /** f_(source, target) - f_(source, source), of mean 0 under the source's weights. */
  readonly firstVariation: Row;
  readonly images: Table;
  readonly selfImages: Table;
}

export function compare(source: Cloud, target: Cloud, epsilon: number): Comparison {
  const cross = transport(source, target, epsilon);
  const own = transport(source, source, epsilon);
  const divergence = cross.value - own.value / 2 - transport(target, target, epsilon).value / 2;
  const variation = selfPotential(own).map((value, k) => (cross.f[k] as number) - value);
  const firstVariation = centred(variation, source.weights);
  const selfImages = images(source, source, own.plan);
  return { divergence, firstVariation, images: images(source, target, cross.plan), selfImages };
}

export function divergence(source: Cloud, target: Cloud, epsilon: number): number {
  return compare(source, target, epsilon).divergence;
}

/** dS/dx_k = 2 a_k (T_source(x_k) - T(x_k)). */
export function divergenceGradient(source: Cloud, { images, selfImages }: Comparison): Table {
  return difference(selfImages, images).map((row, k) => row.map((value) => 2 * (source.weights[k] as number) * value));
}

function centred(values: Row, weights: Row): Row {
  const mean = dot(values, weights);
  return values.map((value) => value - mean);
}

function difference(a: Table, b: Table): Table {
  return a.map((row, k) => row.map((value, c) => value - ((b[k] as Row)[c] as number)));
}

/** Which channels of the flow move, and how far at most. */
export interface Steps {
  /** eta. */
  readonly transport: number;
  /** tau, capped so that tau (max V - min V) <= 1. */
  readonly reweight: number;
  /** Whether weights wait while points gain more. */
  readonly gated: boolean;
}

/** All that is known of one query. */
export interface Evaluation {
  readonly divergences: Row;
  readonly weights: Row;
  readonly energy: number;
  readonly firstVariation: Row;
  /** T_nu(x_k) - sum_i w_i T_i(x_k): half of grad V. */
  readonly residual: Table;
  /** dE/dx. */
  readonly gradient: Table;
  /** sqrt(sum_k a_k |grad V(x_k)|^2 + Var_a V). */
  readonly gradientNorm: number;
}

/** Armijo: the share of the predicted fall of the energy that a step must reach. */
const ARMIJO = 1e-4;
/** Halvings of the reweighting alone, which an isolated point can force, and of all. */
const MAX_REWEIGHT_HALVINGS = 12;
const MAX_HALVINGS = 60;

/** Where a step of the flow led. */
export interface Step {
  readonly state: Cloud;
  readonly energy: number;
  readonly reweightShare: number;
}

export class ReferencePointCloudMemory {
  readonly items: readonly Cloud[];
  readonly epsilon: number;

  constructor(items: readonly Cloud[], epsilon: number) {
    this.items = items;
    this.epsilon = epsilon;
  }

  evaluate(query: Cloud, beta: number): Evaluation {
    const comparisons = this.items.map((item) => compare(query, item, this.epsilon));
    const divergences = comparisons.map((comparison) => comparison.divergence);
    const least = Math.min(...divergences);
    const masses = divergences.map((value) => Math.exp(-beta * (value - least)));
    const weights = masses.map((mass) => mass / sum(masses));
    const mixed = (of: (comparison: Comparison) => number) =>
      sum(comparisons.map((comparison, i) => (weights[i] as number) * of(comparison)));
    const firstVariation = query.weights.map((_, k) => mixed((one) => one.firstVariation[k] as number));
    const residual = query.points.map((x, k) =>
      x.map((_, c) =>
        mixed((one) => ((one.selfImages[k] as Row)[c] as number) - ((one.images[k] as Row)[c] as number)),
      ),
    );
    const gradient = residual.map((row, k) => row.map((value) => 2 * (query.weights[k] as number) * value));
    const norm = 4 * meanSquare(residual, query.weights) + variance(firstVariation, query.weights);
    const energy = least - Math.log(sum(masses)) / beta;
    return { divergences, weights, energy, firstVariation, residual, gradient, gradientNorm: Math.sqrt(norm) };
  }

  energy(query: Cloud, beta: number): number {
    return this.evaluate(query, beta).energy;
  }

  /**
   * One step of the flow: the first of the shares (1, r), (1, r/2), ... of the two steps that lowers the energy enough,
   * and when reweighting is no more than a trace, of shares halved together. Undefined when none does.
   */
  step(query: Cloud, beta: number, steps: Steps, reweightShare = 1): Step | undefined {
    const now = this.evaluate(query, beta);
    const range = Math.max(...now.firstVariation) - Math.min(...now.firstVariation);
    const [square, spread] = [meanSquare(now.residual, query.weights), variance(now.firstVariation, query.weights)];
    const capped = Math.min(steps.reweight, 1 / range);
    const reweight = steps.gated && 2 * steps.transport * square > capped * spread ? 0 : capped;
    let [share, part] = [1, reweightShare];
    for (let halvings = 0; halvings < MAX_HALVINGS; halvings++) {
      const [eta, tau] = [share * steps.transport, share * part * reweight];
      const state = moved(query, now, eta, tau);
      const energy = this.energy(state, beta);
      if (now.energy - energy >= ARMIJO * (2 * eta * square + tau * spread)) {
        return { state, energy, reweightShare: part };
      }
      if (reweight > 0 && halvings < MAX_REWEIGHT_HALVINGS) part /= 2;
      else share /= 2;
    }
    return undefined;
  }
}

/** Both channels from the same state. */
function moved(query: Cloud, { residual, firstVariation }: Evaluation, eta: number, tau: number): Cloud {
  const points = query.points.map((x, k) => x.map((value, c) => value - eta * ((residual[k] as Row)[c] as number)));
  const masses = query.weights.map((weight, k) => weight * Math.exp(-tau * (firstVariation[k] as number)));
  return { points, weights: masses.map((mass) => mass / sum(masses)) };
}

/** sum_k a_k |r_k|^2. */
function meanSquare(rows: Table, weights: Row): number {
  return dot(
    weights,
    rows.map((row) => dot(row, row)),
  );
}

function variance(values: Row, weights: Row): number {
  return dot(
    weights,
    centred(values, weights).map((value) => value ** 2),
  );
}

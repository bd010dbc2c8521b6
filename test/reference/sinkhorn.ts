/**
 * Entropic optimal transport, slowly and from the definition:
 *
 *   OT = max_{f,g} <a,f> + <b,g> - eps <a (x) b, exp((f + g - C)/eps) - 1>
 *
 * Two solvers that share only the softmin: Sinkhorn's sweeps, and Newton's method on the semi-dual, where g alone is
 * free and f is the best for it. All exponentials are taken of differences, so nothing over- or underflows.
 */

export type Row = readonly number[];
export type Table = readonly Row[];

export interface Problem {
  readonly costs: Table;
  /** Positive, summing to 1. */
  readonly rowWeights: Row;
  readonly columnWeights: Row;
  readonly epsilon: number;
}

export interface Solution {
  readonly f: Row;
  readonly g: Row;
  readonly plan: Table;
  /** <a, f> + <b, g>. */
  readonly value: number;
  /** <P, C>. */
  readonly transportCost: number;
  /** L1, of rows and columns together. */
  readonly marginalError: number;
}

/** What doubles can meet the marginals to while potentials are not much above epsilon. */
const MARGINAL_ERROR = 1e-13;
const MAX_SWEEPS = 200_000;
/** Sweeps before Newton's method takes over in `solve`. */
const SHORT = 100;
/** And where weights over too many magnitudes make its systems singular. */
const LONG = 20_000;
/** Sweeps at each of the epsilons on the way. */
const WARM_SWEEPS = 20;
const MAX_NEWTON_STEPS = 200;
/** An error below this that no longer falls is rounding of the exponents. */
const NEAR_ROUNDING = 1e-11;

export function sum(values: Row): number {
  return values.reduce((total, value) => total + value, 0);
}

function add(a: Row, b: Row): Row {
  return a.map((value, k) => value + (b[k] as number));
}

export function dot(a: Row, b: Row): number {
  return sum(a.map((value, k) => value * (b[k] as number)));
}

export function transposed(table: Table): Table {
  return (table[0] as Row).map((_, column) => table.map((row) => row[column] as number));
}

export function largest(table: Table): number {
  return table.reduce((most, row) => row.reduce((value, x) => Math.max(value, Math.abs(x)), most), 0);
}

/** -eps log sum_j b_j exp((g_j - c_j) / eps). */
function softmin(costs: Row, weights: Row, potential: Row, epsilon: number): number {
  const exponents = costs.map(
    (cost, j) => ((potential[j] as number) - cost) / epsilon + Math.log(weights[j] as number),
  );
  const greatest = exponents.reduce((a, b) => Math.max(a, b));
  return -epsilon * (greatest + Math.log(sum(exponents.map((exponent) => Math.exp(exponent - greatest)))));
}

/** The best f for a given g: with it the plan has the row sums. */
export function rowPotential({ costs, columnWeights, epsilon }: Problem, g: Row): Row {
  return costs.map((row) => softmin(row, columnWeights, g, epsilon));
}

export function columnPotential({ costs, rowWeights, epsilon }: Problem, f: Row): Row {
  return transposed(costs).map((column) => softmin(column, rowWeights, f, epsilon));
}

/** P_kj = a_k b_j exp((f_k + g_j - C_kj) / eps). */
export function planOf({ costs, rowWeights, columnWeights, epsilon }: Problem, f: Row, g: Row): Table {
  return costs.map((row, k) =>
    row.map((cost, j) => {
      const exponent = ((f[k] as number) + (g[j] as number) - cost) / epsilon;
      return (rowWeights[k] as number) * (columnWeights[j] as number) * Math.exp(exponent);
    }),
  );
}

/** b - P'1. */
function columnExcess(problem: Problem, plan: Table): Row {
  return transposed(plan).map((column, j) => (problem.columnWeights[j] as number) - sum(column));
}

function solution(problem: Problem, f: Row, g: Row): Solution {
  const plan = planOf(problem, f, g);
  const rowErrors = plan.map((row, k) => Math.abs(sum(row) - (problem.rowWeights[k] as number)));
  return {
    f,
    g,
    plan,
    value: dot(problem.rowWeights, f) + dot(problem.columnWeights, g),
    transportCost: sum(plan.map((row, k) => dot(row, problem.costs[k] as Row))),
    marginalError: sum(rowErrors) + sum(columnExcess(problem, plan).map(Math.abs)),
  };
}

/** Sinkhorn at falling epsilons, from the size of the costs by quarters; each start is what the one before found. */
export function sinkhorn(problem: Problem, maxSweeps = MAX_SWEEPS): Solution {
  let g: Row = problem.columnWeights.map(() => 0);
  for (const epsilon of annealing(problem)) {
    g = sweeps({ ...problem, epsilon }, g, epsilon === problem.epsilon ? maxSweeps : WARM_SWEEPS);
  }
  return solution(problem, rowPotential(problem, g), g);
}

function annealing({ costs, epsilon }: Problem): number[] {
  const epsilons = [epsilon];
  for (let warm = 4 * epsilon; warm < largest(costs); warm *= 4) epsilons.unshift(warm);
  return epsilons;
}

/** Until the marginals are met. */
function sweeps(problem: Problem, start: Row, count: number): Row {
  let g = start;
  for (let sweep = 0; sweep < count; sweep++) {
    const f = rowPotential(problem, g);
    if (sum(columnExcess(problem, planOf(problem, f, g)).map(Math.abs)) <= MARGINAL_ERROR) return g;
    g = columnPotential(problem, f);
  }
  return g;
}

/** Newton's method from what a few sweeps at falling epsilons found. */
export function newton(problem: Problem): Solution {
  let g: Row = problem.columnWeights.map(() => 0);
  for (const epsilon of annealing(problem)) {
    const warm = { ...problem, epsilon };
    g = ascent(warm, sweeps(warm, g, WARM_SWEEPS));
  }
  return solution(problem, rowPotential(problem, g), g);
}

interface Point {
  readonly g: Row;
  readonly plan: Table;
  /** The semi-dual and its gradient b - P'1. */
  readonly value: number;
  readonly gradient: Row;
  readonly error: number;
}

function pointAt(problem: Problem, g: Row): Point {
  const f = rowPotential(problem, g);
  const plan = planOf(problem, f, g);
  const gradient = columnExcess(problem, plan);
  const value = dot(problem.rowWeights, f) + dot(problem.columnWeights, g);
  return { g, plan, value, gradient, error: sum(gradient.map(Math.abs)) };
}

/** Damped steps g + (H + damping)^-1 eps (b - P'1); the damping shrinks after a good step and grows after a bad one. */
function ascent(problem: Problem, start: Row): Row {
  let point = pointAt(problem, start);
  let damping = 1e-12;
  for (let step = 0; step < MAX_NEWTON_STEPS && point.error > MARGINAL_ERROR; step++) {
    const direction = newtonDirection(problem, point, damping);
    const next = direction && pointAt(problem, add(point.g, direction));
    if (next && next.error >= point.error && point.error < NEAR_ROUNDING) break;
    if (next && isBetter(next, point, direction)) {
      point = next;
      damping = Math.max(1e-16, damping / 10);
    } else {
      damping *= 10;
    }
  }
  return point.g;
}

/** The value rises as the gradient foretells; near the top, where rounding hides that, the error falls. */
function isBetter(next: Point, point: Point, direction: Row): boolean {
  return next.value >= point.value + 0.1 * dot(point.gradient, direction) || next.error <= 0.9 * point.error;
}

/**
 * The Newton direction of diag(P'1) - P' diag(1/a) P, whose null vector (1, ..., 1) is filled in, plus `damping` times
 * its diagonal.
 */
function newtonDirection(
  { rowWeights, epsilon }: Problem,
  { plan, gradient }: Point,
  damping: number,
): Row | undefined {
  const columns = transposed(plan);
  const sums = columns.map(sum);
  const matrix = columns.map((left, i) =>
    columns.map((right, j) => {
      const overlap = sum(left.map((value, k) => (value * (right[k] as number)) / (rowWeights[k] as number)));
      const diagonal = i === j ? (sums[i] as number) * (1 + damping) : 0;
      return diagonal - overlap + (sums[i] as number) * (sums[j] as number);
    }),
  );
  return choleskySolve(
    matrix,
    gradient.map((value) => epsilon * value),
  );
}

/** Undefined unless the matrix is positive definite. */
export function choleskySolve(matrix: Table, right: Row): Row | undefined {
  const factor: number[][] = [];
  const forward: number[] = [];
  for (const [i, row] of matrix.entries()) {
    const line: number[] = [];
    for (let j = 0; j < i; j++) {
      const other = factor[j] as number[];
      line.push(((row[j] as number) - dot(line, other)) / (other[j] as number));
    }
    const square = (row[i] as number) - dot(line, line);
    if (!(square > 0)) return undefined;
    forward.push(((right[i] as number) - dot(line, forward)) / Math.sqrt(square));
    factor.push([...line, Math.sqrt(square)]);
  }
  const result: number[] = [];
  for (let i = matrix.length - 1; i >= 0; i--) {
    const known = result.map((value, at) => value * ((factor[i + 1 + at] as number[])[i] as number));
    result.unshift(((forward[i] as number) - sum(known)) / ((factor[i] as number[])[i] as number));
  }
  return result;
}

/** Sinkhorn where it converges soon, otherwise Newton, or many sweeps where rounding ends that early. */
export function solve(problem: Problem): Solution {
  const short = sinkhorn(problem, SHORT);
  if (short.marginalError <= 2 * MARGINAL_ERROR) return short;
  const found = [short, newton(problem)].sort((one, two) => one.marginalError - two.marginalError);
  const best = found[0] as Solution;
  return best.marginalError <= NEAR_ROUNDING ? best : sinkhorn(problem, LONG);
}

/**
 * Entropic transport to some 60 digits: Newton's method on both potentials of the dual, whose gradient is what the plan
 * lacks of the weights. From any potentials it ends where the gradient is 0 to 1e-50, which for a concave dual is the
 * top.
 */
import { absolute, exponential, fromNumber, ONE, over, times, toNumber } from './fixedPoint.ts';
import type { Row } from './sinkhorn.ts';

/** Whole coordinates, and masses whose shares of their sum are the weights. */
export interface IntegerCloud {
  readonly points: readonly Row[];
  readonly masses: Row;
}

export interface ExactSolution {
  /** In units of the costs. */
  readonly value: number;
  readonly plan: readonly Row[];
}

const NEGLIGIBLE = ONE / 10n ** 50n;
/** A link that carries a little where nothing has to flow shrinks by no more than e with every step. */
const MAX_STEPS = 200;
/** Parts of a plan that hardly exchange mass stay where they are; 1e-55 of the rest shows in no digit. */
const RIDGE = ONE / 10n ** 55n;

export function exactTransport(
  source: IntegerCloud,
  target: IntegerCloud,
  epsilon: number,
  start: { readonly f: Row; readonly g: Row },
): ExactSolution {
  const unit = fromNumber(epsilon);
  const inUnits = (values: Row) => values.map((value) => over(fromNumber(value), unit));
  const costs = source.points.map((x) =>
    target.points.map((y) => {
      const cost = x.reduce((sum, value, c) => sum + (value - (y[c] as number)) ** 2, 0);
      return over(BigInt(cost) * ONE, unit);
    }),
  );
  const [a, b] = [source, target].map(({ masses }) => sharesOf(masses)) as [bigint[], bigint[]];
  let [f, g] = [inUnits(start.f), inUnits(start.g)];
  for (let step = 0; step < MAX_STEPS; step++) {
    const plan = planOf(costs, a, b, f, g);
    const rowExcess = a.map((weight, k) => weight - sum(plan[k] as bigint[]));
    const columnExcess = b.map((weight, j) => weight - sum(plan.map((row) => row[j] as bigint)));
    if (sum([...rowExcess, ...columnExcess].map(absolute)) <= NEGLIGIBLE) {
      const value = dot(a, f) + dot(b, g);
      return { value: toNumber(times(value, unit)), plan: plan.map((row) => row.map(toNumber)) };
    }
    const [df, dg] = newtonStep(plan, rowExcess, columnExcess);
    f = f.map((value, k) => value + (df[k] as bigint));
    g = g.map((value, j) => value + (dg[j] as bigint));
  }
  throw new Error('The exact solver did not converge');
}

function sharesOf(masses: Row): bigint[] {
  const total = BigInt(masses.reduce((x, y) => x + y));
  return masses.map((mass) => (BigInt(mass) * ONE) / total);
}

const sum = (values: readonly bigint[]) => values.reduce((x, y) => x + y, 0n);
const dot = (x: readonly bigint[], y: readonly bigint[]) => sum(x.map((value, k) => times(value, y[k] as bigint)));

function planOf(costs: bigint[][], a: bigint[], b: bigint[], f: bigint[], g: bigint[]): bigint[][] {
  return costs.map((row, k) =>
    row.map((cost, j) => {
      const entropy = exponential((f[k] as bigint) + (g[j] as bigint) - cost);
      return times(times(a[k] as bigint, b[j] as bigint), entropy);
    }),
  );
}

/** The Newton step of [[diag(P 1), P], [P', diag(P' 1)]], f eliminated. */
function newtonStep(plan: bigint[][], rowExcess: bigint[], columnExcess: bigint[]): [bigint[], bigint[]] {
  const rowSums = plan.map(sum);
  const columns = columnExcess.map((_, j) => plan.map((row) => row[j] as bigint));
  const shares = plan.map((row, k) => row.map((mass) => over(mass, rowSums[k] as bigint)));
  const matrix = columns.map((left, i) =>
    columns.map((_, j) => {
      const overlap = sum(left.map((mass, k) => times(mass, (shares[k] as bigint[])[j] as bigint)));
      return (i === j ? sum(left) + RIDGE : 0n) - overlap;
    }),
  );
  const right = columnExcess.map((excess, j) => {
    const sent = sum(rowExcess.map((rowPart, k) => times(rowPart, (shares[k] as bigint[])[j] as bigint)));
    return excess - sent;
  });
  const dg = solve(matrix, right);
  const df = plan.map((row, k) => over((rowExcess[k] as bigint) - dot(row, dg), rowSums[k] as bigint));
  return [df, dg];
}

/** A symmetric system, by elimination. */
function solve(matrix: bigint[][], right: bigint[]): bigint[] {
  const rows = matrix.map((row, i) => [...row, right[i] as bigint]);
  const n = rows.length;
  for (const [pivot, row] of rows.entries()) {
    for (let i = pivot + 1; i < n; i++) {
      const below = rows[i] as bigint[];
      const factor = over(below[pivot] as bigint, row[pivot] as bigint);
      for (let j = pivot; j <= n; j++) below[j] = (below[j] as bigint) - times(factor, row[j] as bigint);
    }
  }
  const result: bigint[] = [];
  for (let i = n - 1; i >= 0; i--) {
    const row = rows[i] as bigint[];
    const known = sum(result.map((value, at) => times(row[i + 1 + at] as bigint, value)));
    result.unshift(over((row[n] as bigint) - known, row[i] as bigint));
  }
  return result;
}

/**
 * How near a transport plan and potentials are to the optimum, whatever found them: by weak duality the value of the
 * dual at any potentials is a lower bound, and the regularised cost of any plan with the right marginals an upper one.
 */
import { add, type Extended, multiply, subtract, toNumber, twoProduct, twoSum, ZERO } from './extended.ts';
import type { Cloud } from './pointCloud.ts';
import type { Row, Table } from './sinkhorn.ts';

export interface Certificate {
  readonly lower: number;
  readonly upper: number;
  /** The upper bound less the lower one, before either is rounded. */
  readonly gap: number;
  /** L1, of rows and columns together, of the plan as it is given. */
  readonly marginalError: number;
}

export interface Candidate {
  readonly f: Row;
  readonly g: Row;
  readonly plan: Table;
}

/** In double-double, but for exponentials and logarithms, whose arguments are. */
export function certify(source: Cloud, target: Cloud, epsilon: number, { f, g, plan }: Candidate): Certificate {
  const costs = extendedCosts(source, target);
  const sourceSums = plan.map((row) => sumOf(row));
  const targetSums = target.weights.map((_, j) => sumOf(plan.map((row) => row[j] as number)));
  const missing = (sums: readonly Extended[], weights: Row) =>
    sums.map((sum, k) => subtract([weights[k] as number, 0], sum));
  const marginalError = [...missing(sourceSums, source.weights), ...missing(targetSums, target.weights)].reduce(
    (total, error) => total + Math.abs(toNumber(error)),
    0,
  );
  const lower = dualValue(source, target, epsilon, costs, f, g);
  const upper = primalValue(source, target, epsilon, costs, feasible(plan, source.weights, target.weights));
  return { lower: toNumber(lower), upper: toNumber(upper), gap: toNumber(subtract(upper, lower)), marginalError };
}

type ExtendedTable = readonly (readonly Extended[])[];

function sumOf(values: Row): Extended {
  return values.reduce((total, value) => add(total, [value, 0]), ZERO);
}

function extendedCosts(source: Cloud, target: Cloud): ExtendedTable {
  return source.points.map((x) =>
    target.points.map((y) =>
      x.reduce((total, value, c) => {
        const difference = twoSum(value, -(y[c] as number));
        return add(total, multiply(difference, difference));
      }, ZERO),
    ),
  );
}

/** <a, f> + <b, g> - epsilon <a (x) b, exp((f + g - C) / epsilon) - 1>. */
function dualValue(source: Cloud, target: Cloud, epsilon: number, costs: ExtendedTable, f: Row, g: Row): Extended {
  let value = ZERO;
  let mass = ZERO;
  source.weights.forEach((a, k) => {
    value = add(value, twoProduct(a, f[k] as number));
    target.weights.forEach((b, j) => {
      const slack = subtract(twoSum(f[k] as number, g[j] as number), (costs[k] as readonly Extended[])[j] as Extended);
      // expm1 rounds relatively: sums of differences that cancel keep their digits.
      mass = add(mass, multiply(twoProduct(a, b), [Math.expm1(toNumber(slack) / epsilon), 0]));
    });
  });
  target.weights.forEach((b, j) => {
    value = add(value, twoProduct(b, g[j] as number));
  });
  return subtract(value, multiply([epsilon, 0], mass));
}

/** <P, C> + epsilon KL(P, a (x) b), of a plan whose sum is that of a (x) b. */
function primalValue(
  source: Cloud,
  target: Cloud,
  epsilon: number,
  costs: ExtendedTable,
  plan: ExtendedTable,
): Extended {
  let cost = ZERO;
  let divergence = ZERO;
  plan.forEach((row, k) => {
    row.forEach((mass, j) => {
      if (!(mass[0] > 0)) return;
      cost = add(cost, multiply(mass, (costs[k] as readonly Extended[])[j] as Extended));
      const ratio = toNumber(mass) / (source.weights[k] as number) / (target.weights[j] as number);
      divergence = add(divergence, multiply(mass, [Math.log(ratio), 0]));
    });
  });
  return add(cost, multiply([epsilon, 0], divergence));
}

/** What is shrunk is shrunk below its weight in spite of rounding: nothing that is missing may be negative. */
const BELOW = 1 - 2 ** -51;

/** A plan with the marginals a and b, near the given one (Altschuler, Weed and Rigollet 2017). */
function feasible(plan: Table, a: Row, b: Row): ExtendedTable {
  const shrink = (sum: Extended, weight: number) =>
    subtract([weight, 0], sum)[0] < 0 ? (BELOW * weight) / toNumber(sum) : 1;
  const rows = plan.map((row, k) => row.map((mass) => mass * shrink(sumOf(row), a[k] as number)));
  const columnShares = b.map((weight, j) => shrink(sumOf(rows.map((row) => row[j] as number)), weight));
  const shrunk = rows.map((row) => row.map((mass, j) => mass * (columnShares[j] as number)));
  const rowRest = shrunk.map((row, k) => subtract([a[k] as number, 0], sumOf(row)));
  const columnRest = b.map((weight, j) => subtract([weight, 0], sumOf(shrunk.map((row) => row[j] as number))));
  const rest = rowRest.reduce(add, ZERO);
  if (!(rest[0] > 0)) return shrunk.map((row) => row.map((mass): Extended => [mass, 0]));
  return shrunk.map((row, k) =>
    row.map((mass, j) => {
      const more = multiply(rowRest[k] as Extended, columnRest[j] as Extended);
      return add([mass, 0], [toNumber(more) / toNumber(rest), 0]);
    }),
  );
}

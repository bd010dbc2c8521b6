import { Random } from '../../lib/core/random.ts';
import { type PointClouds, sinkhorn, sinkhornDivergence } from '../../lib/index.ts';
import { ErrorTable, type Judge } from './tables.ts';

const pointCount = 8;
const dimension = 3;
/** Epsilon in units of the mean cost: a column each. */
const shares = [1, 0.1, 0.01];
const problemCount = 20;
/** The default of every solver here; POT gets it for its own criterion. */
const tolerance = 1e-10;

/** The errors of entropic transport between small clouds, and POT's on the same. */
export async function transportTable(judge: Judge): Promise<string> {
  const table = new ErrorTable();
  const random = new Random(2);
  for (const share of shares) {
    for (let problem = 0; problem < problemCount; problem++) {
      const [source, target] = [cloud(random), cloud(random)];
      const epsilon = share * meanCost(source, target);
      const across = await sinkhorn(source, target, { epsilon });
      const own = await Promise.all([source, target].map((each) => sinkhorn(each, each, { epsilon, plans: false })));
      const divergence = await sinkhornDivergence(source, target, { epsilon, gradient: true });
      const answers = {
        value: across.values[0],
        plan: Array.from(across.plans[0]?.data ?? []),
        potentials: Array.from(across.sourcePotentials),
        starts: own.map(({ sourcePotentials }) => Array.from(sourcePotentials)),
        divergence: divergence.values[0],
        gradient: Array.from(divergence.gradients ?? []),
      };
      const given = { kind: 'transport', dimension, epsilon, tolerance, source: lists(source), target: lists(target) };
      table.add(`epsilon ${share}`, await judge({ ...given, answers }));
    }
  }
  return table.markdown();
}

function cloud(random: Random): PointClouds {
  const weights = Float64Array.from({ length: pointCount }, () => 0.1 + random.uniform());
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return {
    count: 1,
    dimension,
    offsets: Int32Array.of(0, pointCount),
    points: Float64Array.from({ length: pointCount * dimension }, () => random.normal()),
    weights: weights.map((weight) => weight / sum),
  };
}

const lists = ({ points, weights }: PointClouds) => ({ points: Array.from(points), weights: Array.from(weights) });

/** Under the product of the weights. */
function meanCost(x: PointClouds, y: PointClouds): number {
  let sum = 0;
  for (let k = 0; k < pointCount; k++) {
    for (let l = 0; l < pointCount; l++) {
      let cost = 0;
      for (let c = 0; c < dimension; c++) {
        cost += ((x.points[k * dimension + c] as number) - (y.points[l * dimension + c] as number)) ** 2;
      }
      sum += cost * (x.weights[k] as number) * (y.weights[l] as number);
    }
  }
  return sum;
}

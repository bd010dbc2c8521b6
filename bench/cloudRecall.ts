import { Random } from '../lib/core/random.ts';
import { type NativeCloudItems, type NativeCloudRetrieval, type NativeClouds, native } from '../lib/native/addon.ts';
import { runTask } from '../lib/native/calls.ts';
import type { Settings } from './section.ts';
import { type Cost, spread, timed } from './timing.ts';

const itemCount = 1000;
const quickItemCount = 50;
const pointCount = 100;
const dimension = 10;
/** In the units of a squared distance; within a cloud that is 2 d on average. */
const epsilon = 1;
/** So sharp that the nearest item has all the weight. */
const beta = 10;
/** What the query's points are moved by: standard deviation. */
const jitter = 0.1;
const solver = { marginalTolerance: 1e-10, maxSolverIterations: 10_000 };
const flow = {
  betas: Float64Array.of(beta),
  sweep: false,
  transportStep: 1,
  reweightStep: 1 / epsilon,
  gated: true,
  tolerance: 1e-6,
  maxIterations: 100,
  trajectory: false,
  asksEnergy: true,
};
/** The Gibbs mass that may be left out: below what a weight of float64 shows. */
const invisibleMass = 2 ** -53;
const evaluatedBar = 5;
/** Energies and points of both answers: relative to 1 / beta, and to the standard deviation of a point. */
const agreement = 1e-8;

type Recall = Cost & { readonly retrieval: NativeCloudRetrieval };

/**
 * One query, a perturbed item, among clouds of standard normal points around standard normal centres: with pruning and
 * without.
 */
export async function cloudRecall({ quick, repeats, report }: Settings): Promise<void> {
  const random = new Random(1);
  const count = quick ? quickItemCount : itemCount;
  const clouds = randomPatterns(count, random);
  const query = perturbed(clouds, random);
  const empty = native.emptyClouds({ dimension, precision: 'float64', epsilon, ...solver });
  const items = await runTask((onProgress) => native.appendClouds(empty, clouds, { firstIndex: 0, onProgress }));
  const pruned: Recall[] = [];
  await recall(items, query, invisibleMass); // does not count
  for (let run = 0; run < repeats; run++) pruned.push(await recall(items, query, invisibleMass));
  const all = await recall(items, query, undefined);
  const name = `${count} clouds of ${pointCount} points, d = ${dimension}, one query, beta ${beta}, epsilon ${epsilon}`;
  const [{ retrieval }] = pruned as [Recall, ...Recall[]];
  checkSame(name, retrieval, all.retrieval);
  report({
    name,
    measure: 'speed of retrieve with pruning / without',
    unit: 'x',
    value: spread(pruned.map(({ wall }) => all.wall / wall)),
    processor: spread(pruned.map(({ processor }) => all.processor / processor)),
    ours: spread(pruned.map(({ wall }) => wall)),
    peer: spread([all.wall]),
  });
  // Like the distances of other memories: of each state that the query passes through.
  const share = ({ evaluated, iterations }: NativeCloudRetrieval) =>
    (100 * (evaluated[0] as number)) / (((iterations[0] as number) + 1) * count);
  report({
    name,
    measure: 'items evaluated per state',
    unit: '%',
    value: spread([share(retrieval)]),
    bar: { atMost: evaluatedBar },
  });
}

async function recall(items: NativeCloudItems, query: NativeClouds, pruning: number | undefined): Promise<Recall> {
  const done: NativeCloudRetrieval[] = [];
  const cost = await timed(async () => {
    done.push(
      await runTask((onProgress) =>
        native.cloudRetrieve(items, query, { firstIndex: 0, ...flow, pruning, onProgress }),
      ),
    );
  });
  return { ...cost, retrieval: done[0] as NativeCloudRetrieval };
}

function randomPatterns(count: number, random: Random): NativeClouds {
  const points = new Float64Array(count * pointCount * dimension);
  for (let cloud = 0; cloud < count; cloud++) {
    const centre = Float64Array.from({ length: dimension }, () => random.normal());
    const part = points.subarray(cloud * pointCount * dimension, (cloud + 1) * pointCount * dimension);
    part.forEach((_, at) => {
      part[at] = (centre[at % dimension] as number) + random.normal();
    });
  }
  return equalWeights('items', count, points);
}

/** The first item, its points moved. */
function perturbed({ points }: NativeClouds, random: Random): NativeClouds {
  const first = Float64Array.from(points.subarray(0, pointCount * dimension), (x) => x + jitter * random.normal());
  return equalWeights('query', 1, first);
}

function equalWeights(name: string, count: number, points: Float64Array): NativeClouds {
  return {
    name,
    count,
    offsets: Int32Array.from({ length: count + 1 }, (_, cloud) => cloud * pointCount),
    points,
    weights: new Float64Array(count * pointCount).fill(1 / pointCount),
    firstPoint: 0,
  };
}

function checkSame(name: string, a: NativeCloudRetrieval, b: NativeCloudRetrieval): void {
  const sameItem = a.nearest[0] === b.nearest[0];
  const sameEnergy = Math.abs((a.energy[0] as number) - (b.energy[0] as number)) <= agreement / beta;
  const samePoints =
    a.states.points.length === b.states.points.length &&
    a.states.points.every((x, at) => Math.abs(x - (b.states.points[at] as number)) <= agreement);
  if (!sameItem || !sameEnergy || !samePoints) throw new Error(`${name}: pruning changes the answer`);
}

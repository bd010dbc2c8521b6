import { Random } from '../lib/core/random.ts';
import type { CloudRetrieval, PointCloudMemory, PointClouds } from '../lib/index.ts';
import { mapBuilds, onBuilds, reportBefore } from './builds.ts';
import type { Settings } from './section.ts';
import { type Cost, spread, takeTurns, timed } from './timing.ts';

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
const flow = { beta, transportStep: 1, reweightStep: 1 / epsilon, gated: true, tolerance: 1e-6, maxIterations: 100 };
const evaluatedBar = 5;
/** Energies and points of both answers: relative to 1 / beta, and to the standard deviation of a point. */
const agreement = 1e-8;

type Recall = Cost & { readonly retrieval: CloudRetrieval };

/**
 * One query, a perturbed item, among clouds of standard normal points around standard normal centres: with pruning and
 * without.
 */
export async function cloudRecall(settings: Settings): Promise<void> {
  const { quick, repeats, report } = settings;
  const random = new Random(1);
  const count = quick ? quickItemCount : itemCount;
  const clouds = randomPatterns(count, random);
  const query = perturbed(clouds, random);
  const memories = await onBuilds(settings, ({ PointCloudMemory }) => PointCloudMemory.create(clouds, { epsilon }));
  const costs = await takeTurns({ ...mapBuilds(memories, (memory) => () => recall(memory, query, true)) }, repeats);
  const { ours: pruned } = costs;
  const all = await recall(memories.ours, query, false);
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
  reportBefore(`${name}, retrieve`, costs, settings);
  // Like the distances of other memories: of each state that the query passes through.
  const share = ({ evaluated, iterations }: CloudRetrieval) =>
    (100 * (evaluated[0] as number)) / (((iterations[0] as number) + 1) * count);
  report({
    name,
    measure: 'items evaluated per state',
    unit: '%',
    value: spread([share(retrieval)]),
    bar: { atMost: evaluatedBar },
  });
}

async function recall(memory: PointCloudMemory, query: PointClouds, pruning: boolean): Promise<Recall> {
  const done: CloudRetrieval[] = [];
  const cost = await timed(async () => {
    done.push(await memory.retrieve(query, { ...flow, pruning }));
  });
  return { ...cost, retrieval: done[0] as CloudRetrieval };
}

function randomPatterns(count: number, random: Random): PointClouds {
  const points = new Float64Array(count * pointCount * dimension);
  for (let cloud = 0; cloud < count; cloud++) {
    const centre = Float64Array.from({ length: dimension }, () => random.normal());
    const part = points.subarray(cloud * pointCount * dimension, (cloud + 1) * pointCount * dimension);
    part.forEach((_, at) => {
      part[at] = (centre[at % dimension] as number) + random.normal();
    });
  }
  return equalWeights(count, points);
}

/** The first item, its points moved. */
function perturbed({ points }: PointClouds, random: Random): PointClouds {
  const first = Float64Array.from(points.subarray(0, pointCount * dimension), (x) => x + jitter * random.normal());
  return equalWeights(1, first);
}

function equalWeights(count: number, points: Float64Array): PointClouds {
  return {
    count,
    dimension,
    offsets: Int32Array.from({ length: count + 1 }, (_, cloud) => cloud * pointCount),
    points,
    weights: new Float64Array(count * pointCount).fill(1 / pointCount),
  };
}

function checkSame(name: string, a: CloudRetrieval, b: CloudRetrieval): void {
  const sameItem = a.nearest[0] === b.nearest[0];
  const sameEnergy = Math.abs((a.energy[0] as number) - (b.energy[0] as number)) <= agreement / beta;
  const samePoints =
    a.states.points.length === b.states.points.length &&
    a.states.points.every((x, at) => Math.abs(x - (b.states.points[at] as number)) <= agreement);
  if (!sameItem || !sameEnergy || !samePoints) throw new Error(`${name}: pruning changes the answer`);
}

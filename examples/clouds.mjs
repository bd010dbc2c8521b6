// Stores weighted point clouds, moves the points and the weights of each, and lets memories recover them: the point-cloud memory with
// both channels of its flow and with one alone, and the classical memory on coordinates.
//
//   npm run setup && node examples/clouds.mjs
import {
  EuclideanMemory,
  flattenClouds,
  PointCloudMemory,
  perturbClouds,
  samplePointClouds,
  sinkhornDivergence,
  unflattenClouds,
} from 'denseam';

const points = 12;
const epsilon = 1;
const beta = 30;
const maxIterations = 2000;

// Twenty clouds of twelve points in the plane, their weights unequal, their centres on a circle.
const model = { points, radius: 6, weights: 'random', concentration: 3 };
const items = await samplePointClouds({ count: 20, dimension: 2, ...model, seed: 1 });
const queries = await perturbClouds(items, 0.3, { epsilon, channels: 'both', seed: 1 });

const memory = await PointCloudMemory.create(items, { epsilon });
const classical = await EuclideanMemory.create(flattenClouds(items));

async function flow(steps) {
  return (await memory.retrieve(queries, { beta, maxIterations, ...steps })).states;
}

async function recallCoordinates() {
  // It sums over points where a divergence is a mean.
  const { states } = await classical.retrieve(flattenClouds(queries), { beta: beta / points });
  return unflattenClouds(states, queries);
}

const channels = {
  'queries as they are': () => queries,
  'both channels': () => flow({}),
  'transport alone': () => flow({ reweightStep: 0 }),
  'reweighting alone': () => flow({ transportStep: 0 }),
  'Euclidean memory': recallCoordinates,
};

console.log('divergence to the own item     median  greatest  within 1e-4  seconds');
for (const [name, recover] of Object.entries(channels)) {
  const start = performance.now();
  const states = await recover();
  const seconds = (performance.now() - start) / 1000;
  const { values } = await sinkhornDivergence(states, items, { epsilon });
  const sorted = values.toSorted();
  const recovered = sorted.filter((value) => value <= 1e-4).length;
  const numbers = [(sorted[9] + sorted[10]) / 2, sorted[19]].map((value) => value.toExponential(1).padStart(8));
  const share = `${recovered} of ${items.count}`.padStart(11);
  console.log(`${name.padEnd(28)} ${numbers.join('  ')}  ${share}  ${seconds.toFixed(1).padStart(7)}`);
}

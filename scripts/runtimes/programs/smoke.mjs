// Every memory once: made, asked, saved, loaded, asked again. Then what C++ refuses, which must arrive as a DenseamError.
import { EuclideanMemory, GaussianMemory, PointCloudMemory, VonMisesFisherMemory } from 'denseam';

const numbers = (length, at) => Float64Array.from({ length }, (_, i) => at(i));
const matches = (found, expected) => found.length > 0 && found.every((x, i) => Math.abs(x - expected[i]) < 1e-9);

/** Prints whether the memory answers the same before and after it went through a file, and says `what` it recalled. */
async function check(name, Memory, memory, ask, what) {
  const path = `saved/${name}.safetensors`;
  const before = await ask(memory);
  await memory.save(path);
  const after = await ask(await Memory.load(path));
  console.log(name, what(before), matches(after, before) ? 'and the same from its file' : 'but not from its file');
}

const recalled = (states) => `recalls ${states.map(Math.round).join(' ')}`;

const vectors = { count: 2, dimension: 3, values: Float64Array.of(0, 0, 0, 9, 9, 9) };
const vector = { count: 1, dimension: 3, values: Float64Array.of(8, 9, 8) };
const askVectors = async (memory) => (await memory.retrieve(vector, { beta: 1 })).states.values;
await check('euclidean', EuclideanMemory, await EuclideanMemory.create(vectors), askVectors, recalled);

for (const dimension of [2, 40, 80]) {
  const gaussians = (means) => ({
    count: means.length,
    dimension,
    structure: 'full',
    means: numbers(means.length * dimension, (i) => means[Math.floor(i / dimension)]),
    covariances: numbers(means.length * dimension ** 2, (i) =>
      (i % dimension ** 2) % (dimension + 1) === 0 ? 2 : 0.5,
    ),
  });
  const ask = async (memory) => (await memory.retrieve(gaussians([6]), { beta: 1 })).states.means.slice(0, 2);
  await check(`gaussian-${dimension}`, GaussianMemory, await GaussianMemory.create(gaussians([0, 7])), ask, recalled);
}

const clouds = (places) => ({
  count: places.length,
  dimension: 1,
  offsets: Int32Array.from([0, ...places.map((_, i) => 2 * i + 2)]),
  points: Float64Array.from(places.flatMap((x) => [x, x + 1])),
  weights: numbers(2 * places.length, () => 0.5),
});
const askClouds = async (memory) => (await memory.retrieve(clouds([6]), { beta: 1 })).states.points;
await check(
  'pointcloud',
  PointCloudMemory,
  await PointCloudMemory.create(clouds([0, 7]), { epsilon: 0.1 }),
  askClouds,
  recalled,
);

const directions = numbers(64, (i) => (i % 2 === 0 ? Math.cos : Math.sin)((i >> 2) / 20 + ((i >> 1) % 2) * 2));
const rows = {
  count: 32,
  dimension: 2,
  values: directions,
  labels: Array.from({ length: 32 }, (_, i) => 1 + (i % 2)),
  classes: 2,
};
const trained = await VonMisesFisherMemory.train(rows, { hiddenUnits: 4, beta: 20, maxEpochs: 30, seed: 1 });
const share = async (memory) => {
  const labels = await memory.predict({ count: 32, dimension: 2, values: directions });
  return [labels.filter((label, i) => label === rows.labels[i]).length / 32];
};
await check('sphere', VonMisesFisherMemory, trained, share, ([x]) => `predicts ${x} of the classes`);

const refused = { count: 1, dimension: 2, structure: 'full', means: Float64Array.of(0, 0) };
for (const covariances of [Float64Array.of(1, 2, 2, 1), Float64Array.of(1, Number.NaN, 0, 1)]) {
  await GaussianMemory.create({ ...refused, covariances }).catch(({ name, code }) => console.log(name, code));
}

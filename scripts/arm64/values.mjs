// A fixed program of every memory. Alone it writes its numbers to the file; with --compare it prints how far its numbers
// are from those in the file, relative to the greatest number of each array, and what is beyond the stated accuracy.
import { readFileSync, writeFileSync } from 'node:fs';
import { EuclideanMemory, GaussianMemory, PointCloudMemory, VonMisesFisherMemory } from 'denseam';

/** As in test/conformance/golden/cases.ts: rounding, an error of marginals, and rounding that grows over a training. */
const accuracy = { float32: 1e-5, float64: 1e-11, solved: 1e-8, trained: 1e-9 };
const found = {};

function record(name, within, arrays) {
  for (const [what, values] of Object.entries(arrays))
    found[`${name} ${what}`] = { within, values: Array.from(values) };
}

/** `length` multiples of 1/64 between -1 and 1, well mixed. */
function fractions(length, seed) {
  let state = seed;
  return Array.from({ length }, () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return ((state >> 16) % 129) / 64 - 1;
  });
}

/** a a' of `dimension` / 2 + 1 vectors a, and the unit matrix. */
function covariance(dimension, seed) {
  const factors = Array.from({ length: dimension / 2 + 1 }, (_, k) => fractions(dimension, seed + k));
  return Array.from({ length: dimension ** 2 }, (_, at) => {
    const [i, j] = [Math.floor(at / dimension), at % dimension];
    return factors.reduce((sum, a) => sum + a[i] * a[j], i === j ? 1 : 0);
  });
}

function gaussians(count, dimension, seed, Numbers) {
  const covariances = Array.from({ length: count }, (_, i) => covariance(dimension, seed + 100 * i)).flat();
  const means = Numbers.from(fractions(count * dimension, seed));
  return { count, dimension, structure: 'full', means, covariances: Numbers.from(covariances) };
}

for (const [dimension, Numbers, precision] of [
  [2, Float64Array, 'float64'],
  [16, Float64Array, 'float64'],
  [16, Float32Array, 'float32'],
  [40, Float64Array, 'float64'],
  [100, Float64Array, 'float64'],
]) {
  const memory = await GaussianMemory.create(gaussians(20, dimension, 3, Numbers));
  const queries = gaussians(3, dimension, 5, Numbers);
  const { states, energy } = await memory.retrieve(queries, { beta: 1 / dimension, maxIterations: 3 });
  const { data } = await memory.distances(queries);
  const arrays = { distances: data, energy, means: states.means, covariances: states.covariances };
  record(`gaussian ${dimension} ${precision}`, accuracy[precision], arrays);
}

for (const [Numbers, precision] of [
  [Float64Array, 'float64'],
  [Float32Array, 'float32'],
]) {
  const vectors = (count, seed) => ({ count, dimension: 50, values: Numbers.from(fractions(count * 50, seed)) });
  const memory = await EuclideanMemory.create(vectors(300, 1));
  const { states, energy } = await memory.retrieve(vectors(5, 2), { beta: 0.2, maxIterations: 3 });
  record(`euclidean ${precision}`, accuracy[precision], { energy, values: states.values });
}

function clouds(count, seed) {
  const sizes = Array.from({ length: count }, (_, i) => 5 + (i % 7));
  const offsets = Int32Array.from([0, ...sizes.map((_, i) => sizes.slice(0, i + 1).reduce((a, b) => a + b))]);
  const points = Float64Array.from(fractions(offsets[count] * 3, seed));
  const weights = Float64Array.from(sizes.flatMap((size) => new Array(size).fill(1 / size)));
  return { count, dimension: 3, offsets, points, weights };
}
const cloudMemory = await PointCloudMemory.create(clouds(8, 1), { epsilon: 0.2 });
const divergences = (await cloudMemory.divergences(clouds(3, 2))).data;
record('pointcloud', accuracy.solved, { divergences, energy: await cloudMemory.energy(clouds(3, 2), { beta: 2 }) });

const raw = fractions(200 * 10, 7);
const values = Float64Array.from(raw, (x, i) => {
  const row = raw.slice(i - (i % 10), i - (i % 10) + 10);
  return x / Math.sqrt(row.reduce((sum, y) => sum + y * y, 0));
});
const labels = Array.from({ length: 200 }, (_, i) => (values[10 * i] < 0 ? 1 : 2));
const data = { count: 200, dimension: 10, values, labels, classes: 2 };
const model = await VonMisesFisherMemory.train(data, { hiddenUnits: 6, beta: 5, batchSize: 20, maxEpochs: 5, seed: 2 });
const { data: logDensity } = await model.logDensity({ count: 200, dimension: 10, values });
record('sphere, trained', accuracy.trained, { memories: model.memories, logDensity });

const [path, compare] = process.argv.slice(2);
if (!compare) writeFileSync(path, JSON.stringify(found));
else {
  const expected = JSON.parse(readFileSync(path, 'utf8'));
  let worst = { share: 0 };
  for (const [name, { within, values: theirs }] of Object.entries(expected)) {
    const scale = Math.max(...theirs.map(Math.abs));
    const error = Math.max(...theirs.map((x, i) => Math.abs(x - found[name].values[i]))) / scale;
    console.log(`${name.padEnd(34)} ${error.toExponential(1).padStart(8)}  allowed ${within}`);
    if (!(error <= within)) process.exitCode = 1;
    if (!(error / within < worst.share)) worst = { share: error / within, name };
  }
  console.log(`the furthest at ${(100 * worst.share).toPrecision(2)} % of what is allowed: ${worst.name}`);
}

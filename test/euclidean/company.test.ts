/** A query of a flat memory gets the same bits alone and in any batch, and whatever the number of threads. */
import { afterAll, describe, expect, it } from 'vitest';
import { EuclideanMemory, GaussianMemory, type Gaussians, setThreads, threads, type Vectors } from '../../lib/index.ts';
import { TestRandom } from '../support/random.ts';

/** Three parts of eight tiles or more each, the last tile not full. */
const itemCount = 12_200;
const dimension = 5;
const queryCount = 131;
const batchSizes = [1, 3, 16, 129];
const allThreads = threads();
afterAll(() => setThreads(allThreads));

/** Compares whole arrays at once: there are millions of numbers. */
function expectSame(what: string, actual: Float64Array, expected: Float64Array): void {
  const bytes = ({ buffer, byteOffset, byteLength }: Float64Array) => Buffer.from(buffer, byteOffset, byteLength);
  expect(bytes(actual).equals(bytes(expected)), what).toBe(true);
}

type Floats = typeof Float64Array | typeof Float32Array;

function diagonal(count: number, seed: number, Floats: Floats): Gaussians {
  const random = new TestRandom(seed);
  const means = Floats.from(random.normals(count * dimension));
  const covariances = new Floats(count * dimension).map(() => 0.1 + random.uniform());
  return { count, dimension, structure: 'diagonal', means, covariances };
}

function part(batch: Gaussians, begin: number, count: number): Gaussians {
  const take = (values: Gaussians['means']) => values.slice(begin * dimension, (begin + count) * dimension);
  return { ...batch, count, means: take(batch.means), covariances: take(batch.covariances) };
}

/** Every number that the verbs give for each query, by name. */
async function answers(
  memory: GaussianMemory,
  queries: Gaussians,
  beta: number,
): Promise<Record<string, Float64Array>> {
  const retrieval = await memory.retrieve(queries, { beta, maxIterations: 5 });
  const neighbours = await memory.nearest(queries, { k: 7 });
  const step = await memory.step(queries, { beta });
  return {
    distances: (await memory.distances(queries)).data,
    weights: (await memory.weights(queries, { beta })).data,
    energy: await memory.energy(queries, { beta }),
    'step: means': step.means as Float64Array,
    'step: covariances': step.covariances as Float64Array,
    'retrieve: means': retrieval.states.means as Float64Array,
    'retrieve: energy': retrieval.energy,
    'nearest: indices': Float64Array.from(neighbours.indices),
    'nearest: distances': neighbours.distances,
  };
}

describe.each([
  ['float64', Float64Array],
  ['float32', Float32Array],
] as const)('%s', (_, Floats) => {
  it.each([0.01, 1, 100])('beta %d', async (beta) => {
    const memory = await GaussianMemory.create(diagonal(itemCount, 1, Floats));
    const queries = diagonal(queryCount, 2, Float64Array);
    const all = await answers(memory, queries, beta);
    setThreads(1);
    for (const [name, found] of Object.entries(await answers(memory, queries, beta))) {
      expectSame(`${name}, one thread`, found, all[name] as Float64Array);
    }
    setThreads(allThreads);
    for (const size of batchSizes) {
      const begin = queryCount - size - 1;
      const some = await answers(memory, part(queries, begin, size), beta);
      for (const [name, found] of Object.entries(some)) {
        const width = found.length / size;
        const expected = (all[name] as Float64Array).subarray(begin * width, (begin + size) * width);
        expectSame(`${name}, ${size} queries`, found, expected);
      }
    }
  });
});

it('queries whose neighbours do not fit in memory together come in runs', async () => {
  const random = new TestRandom(3);
  const vectors = (count: number): Vectors => ({ count, dimension: 1, values: random.normals(count) });
  const memory = await EuclideanMemory.create(vectors(itemCount));
  const [queries, k] = [vectors(2900), 4000];
  const found = await memory.nearest(queries, { k });
  const last = { ...queries, count: 1, values: queries.values.slice(-1) };
  const alone = await memory.nearest(last, { k });
  expectSame('distances', found.distances.subarray(-k), alone.distances);
  expect(found.indices.subarray(-k)).toEqual(alone.indices);
});

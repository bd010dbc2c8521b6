/** Codes that bound distances: what they leave out must not show. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EuclideanMemory, GaussianMemory, type Gaussians, type Progress, type Vectors } from '../../lib/index.ts';
import { native } from '../../lib/native/addon.ts';
import { largest } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { TestRandom } from '../support/random.ts';

/** Enough rows for codes, and a few more than a whole number of tiles. */
const count = 4200;
type Floats = typeof Float64Array | typeof Float32Array;

/** All at nearly the same distance from the origin, which is a query: only right bounds keep the nearest. */
const sphere = 'on a sphere';

/** Rows in which bounds could go wrong. */
const kinds: Record<string, (random: TestRandom, row: number, column: number) => number> = {
  normal: (random) => random.normal(),
  clustered: (random, row) => 10 * ((row * 7) % 13) + random.normal(),
  'far from the origin': (random) => 1e4 + random.normal(),
  'of very different scales': (random, _, column) => 10 ** (column % 9) * random.normal(),
  'with one great coordinate': (random, _, column) => (column === 5 ? 1e6 : 1) * random.normal(),
  'nearly all equal': (random, row) => (row % 100 === 0 ? 1 : 1e-6) * random.normal(),
  equal: () => 0.3,
  zero: () => 0,
  [sphere]: (random) => random.normal(),
  'small whole numbers': (random) => random.below(3) - 1,
  'constant in most coordinates': (random, _, column) => (column < 3 ? random.normal() : 2),
  'with rows of every size': (random, row) => 10 ** ((row % 21) - 10) * random.normal(),
};

function rowsOf(kind: string, width: number, scale: number, seed: number, Floats: Floats): Vectors {
  const random = new TestRandom(seed);
  const make = kinds[kind] as (typeof kinds)[string];
  const values = new Floats(count * width);
  for (let at = 0; at < values.length; at++) values[at] = scale * make(random, Math.floor(at / width), at % width);
  for (let row = 0; kind === sphere && row < count; row++) {
    const own = values.subarray(row * width, (row + 1) * width);
    const factor = (scale * (1 + 1e-4 * random.normal())) / Math.hypot(...own);
    for (let j = 0; j < width; j++) own[j] = factor * (own[j] as number);
  }
  return { count, dimension: width, values };
}

/** Some rows, most of them moved, one of them drawn anew, and the origin. */
function queriesNear({ values, dimension }: Vectors, queryCount: number, seed: number): Vectors {
  const random = new TestRandom(seed);
  const size = largest(values);
  const moved = new Float64Array(queryCount * dimension);
  for (let query = 0, at = 0; query < queryCount; query++) {
    const noise = 0.01 * (query % 11);
    for (let j = 0; j < dimension; j++, at++) {
      const own = values[((query * 37) % count) * dimension + j] as number;
      moved[at] = query === 1 ? size * random.normal() : query === 2 ? 0 : own * (1 + noise * random.normal());
    }
  }
  return { count: queryCount, dimension, values: moved };
}

/** The greatest difference of two lists beyond a share of the second. */
function furthest(a: Float64Array, b: Float64Array, share: number): number {
  return a.reduce(
    (most, x, at) => Math.max(most, Math.abs(x - (b[at] as number)) - share * Math.abs(b[at] as number)),
    0,
  );
}

// Some 100,000 queries: 12 kinds x 2 precisions x 3 scales x 2 numbers of neighbours x 700 queries, and recalls.
describe.each([
  ['float64', Float64Array, [1, 1e-100, 1e100]],
  ['float32', Float32Array, [1, 1e-12, 1e7]],
] as const)('%s', (precision, Floats, scales) => {
  it.each(Object.keys(kinds))('neighbours among rows %s are those without pruning', async (kind) => {
    for (const [at, scale] of scales.entries()) {
      // The prefix of a code is the whole of it, or a part.
      const items = rowsOf(kind, [64, 77, 300][at] as number, scale, at, Floats);
      const memory = await EuclideanMemory.create(items);
      const queries = queriesNear(items, 700, 100 + at);
      for (const k of [1, 9]) {
        const [pruned, all] = [
          await memory.nearest(queries, { k }),
          await memory.nearest(queries, { k, pruning: false }),
        ];
        expect(pruned, `scale ${scale}, k ${k}`).toEqual(all);
      }
      memory.close();
    }
  });

  it.each(Object.keys(kinds))('recall among rows %s loses no more than droppedMass', async (kind) => {
    for (const width of [70, 260]) {
      const items = rowsOf(kind, width, 1, 5, Floats);
      const memory = await EuclideanMemory.create(items);
      const queries = queriesNear(items, 60, 6);
      const spread = 2 * Math.sqrt(width) * largest(items.values);
      for (const beta of [1e-8, 1e-2, 1, 100, 1e8]) {
        const pruned = await memory.retrieve(queries, { beta, maxIterations: 2 });
        const all = await memory.retrieve(queries, { beta, maxIterations: 2, pruning: false });
        const dropped = Math.max(...pruned.droppedMass);
        expect(dropped).toBeLessThanOrEqual(precision === 'float64' ? 2 ** -53 : 2 ** -24);
        // Without pruning float32 weights are those of scores in single precision.
        const weightError = precision === 'float64' ? 1e-10 : 1e-3;
        expect(furthest(pruned.energy, all.energy, 1e-9), `${kind}, beta ${beta}`).toBeLessThanOrEqual(
          weightError / beta,
        );
        const states = [pruned, all].map((retrieval) => Float64Array.from(retrieval.states.values)) as [
          Float64Array,
          Float64Array,
        ];
        expect(furthest(...states, 0), `${kind}, beta ${beta}`).toBeLessThanOrEqual(
          (dropped + weightError) * spread + 1e-300,
        );
      }
      memory.close();
    }
  });
});

it('a sample of many rows decides what screening is worth, and no result', async () => {
  const [many, width] = [33_000, 256];
  const random = new TestRandom(12);
  // The first coordinates vary most, so that a query of 8 bits is too coarse; a tenth of the rows are close together.
  const values = Float32Array.from({ length: many * width }, (_, at) => {
    const row = Math.floor(at / width);
    return (row % 10 === 0 ? 0.01 : 1) * (random.normal() / (1 + (at % width)));
  });
  const memory = await EuclideanMemory.create({ count: many, dimension: width, values });
  const queries = { count: 60, dimension: width, values: values.slice(5 * width, 65 * width).map((x) => 1.02 * x) };
  for (const k of [1, 100]) {
    expect(await memory.nearest(queries, { k })).toEqual(await memory.nearest(queries, { k, pruning: false }));
  }
  const evaluated: number[] = [];
  for (const beta of [0.1, 100, 1e6]) {
    const options = { beta, maxIterations: 0 };
    const pruned = await memory.retrieve(queries, options);
    const all = await memory.retrieve(queries, { ...options, pruning: false });
    evaluated.push(Math.min(...pruned.evaluated), Math.max(...pruned.evaluated));
    expect(furthest(pruned.energy, all.energy, 1e-6)).toBeLessThanOrEqual(1e-3 / beta);
    expect([...pruned.nearest]).toEqual([...all.nearest]);
  }
  // None of the rows can be left out, some for some queries, most for all.
  expect(evaluated[0]).toBe(many);
  expect(evaluated.at(-1)).toBeLessThan(many / 32);
  memory.close();
});

it('float32 memories may drop 2^-24 of the mass, and less on request', async () => {
  const items = rowsOf('normal', 64, 1, 5, Float32Array);
  const memory = await EuclideanMemory.create(items);
  const queries = queriesNear(items, 20, 6);
  const dropped = async (pruning: boolean | { mass: number }) =>
    Math.max(...(await memory.retrieve(queries, { beta: 3, maxIterations: 0, pruning })).droppedMass);
  expect(await dropped(true)).toBeGreaterThan(2 ** -53);
  expect(await dropped(true)).toBeLessThanOrEqual(2 ** -24);
  expect(await dropped({ mass: 2 ** -53 })).toBeLessThanOrEqual(2 ** -53);
  expect(await dropped(false)).toBe(0);
});

describe('an index', () => {
  const diagonal = (seed: number): Gaussians => {
    const random = new TestRandom(seed);
    const draw = (low: number) => Float64Array.from({ length: count * 40 }, () => low + random.uniform());
    return { count, dimension: 40, structure: 'diagonal', means: draw(-0.5), covariances: draw(0.1) };
  };
  const first = ({ means, covariances, ...rest }: Gaussians, n: number): Gaussians => ({
    ...rest,
    count: n,
    means: means.slice(0, n * 40),
    covariances: covariances.slice(0, n * 40),
  });

  it('leaves items out of sharp recall, and a query gets the same bits in any batch', async () => {
    const items = diagonal(1);
    const memory = await GaussianMemory.create(items);
    const queries = first({ ...items, means: items.means.map((x) => x + 0.01) }, 40);
    const options = { beta: 30, maxIterations: 3 };
    const all = await memory.retrieve(queries, options);
    expect(Math.max(...all.evaluated)).toBeLessThan(count / 10);
    const one = await memory.retrieve(first(queries, 1), options);
    expect([...one.states.means]).toEqual([...all.states.means.subarray(0, 40)]);
    expect([one.energy[0], one.evaluated[0]]).toEqual([all.energy[0], all.evaluated[0]]);
    const without = await memory.retrieve(queries, { ...options, pruning: false });
    expect([...without.droppedMass].every((mass) => mass === 0)).toBe(true);
    expect(Math.min(...without.evaluated)).toBeGreaterThanOrEqual(count);
  });

  it('reports progress up to the end, whichever rows are left out', async () => {
    // Queries that an index helps, and one for which every row counts.
    const random = new TestRandom(8);
    const items = { count, dimension: 64, values: Float64Array.from({ length: count * 64 }, () => random.normal()) };
    const queries = { count: 3, dimension: 64, values: items.values.slice(0, 3 * 64).fill(0, 2 * 64) };
    const reports: Progress[] = [];
    const onProgress = (progress: Progress) => reports.push(progress);
    const expectWhole = () => {
      const { total } = reports[0] as Progress;
      const completed = reports.splice(0).map((report) => report.completed);
      expect(completed).toEqual([...completed].sort((a, b) => a - b));
      expect(completed.at(-1)).toBe(total);
      return completed;
    };
    const memory = await EuclideanMemory.create(items, { onProgress });
    expectWhole();
    await memory.nearest(queries, { k: 5, onProgress });
    expectWhole();
    await memory.energy(queries, { beta: 1, onProgress });
    // What screening leaves to the search through all rows is not done yet.
    expect(expectWhole()[0]).toBe(2 * count);
    const { evaluated } = await memory.retrieve(queries, { beta: 1, maxIterations: 3, onProgress });
    expectWhole();
    expect([...evaluated].map((rows) => rows >= count)).toEqual([false, false, true]);
  });

  it('can be left out, and follows additions and removals', async () => {
    const items = diagonal(2);
    const [indexed, plain] = [await GaussianMemory.create(items), await GaussianMemory.create(items, { index: false })];
    const queries = first(diagonal(3), 12);
    const expectAlike = async () => {
      expect(await indexed.nearest(queries, { k: 4 })).toEqual(await plain.nearest(queries, { k: 4 }));
    };
    await expectAlike();
    for (const memory of [indexed, plain]) {
      await memory.remove([0, 5, 4199]);
      await memory.add(queries);
    }
    await expectAlike();
    // More than four times as many rows: the codes are made anew.
    for (const memory of [indexed, plain]) {
      for (const seed of [4, 5, 6, 7]) await memory.add(diagonal(seed));
    }
    await expectAlike();
  });
});

it('sums of codes are exact at every level', async () => {
  const sizes = fc.record({
    rows: fc.oneof(fc.integer({ min: 1, max: 11 }), fc.integer({ min: 12, max: 150 })),
    steps: fc.integer({ min: 1, max: 11 }),
    others: fc.integer({ min: 1, max: 13 }),
    seed: fc.integer({ min: 0, max: 100 }),
    isExtreme: fc.boolean(),
  });
  await check(sizes, 40, async ({ rows, steps, others, seed, isExtreme }) => {
    const [random, width] = [new TestRandom(seed), 64 * steps];
    const draw = (low: number, high: number) =>
      isExtreme ? (random.uniform() < 0.5 ? low : high) : low + random.below(high - low + 1);
    const codes = Float64Array.from({ length: rows * width }, () => draw(1, 255));
    const factors = Float64Array.from({ length: others * width }, () => draw(-127, 127));
    const expected = Array.from({ length: others * rows }, (_, at) => {
      const [q, i] = [Math.floor(at / rows), at % rows];
      let sum = 0;
      for (let j = 0; j < width; j++) sum += (codes[i * width + j] as number) * (factors[q * width + j] as number);
      return sum;
    });
    for (const level of [2, 3, 4, 5] as const) {
      const found = native.products.codeDots(codes, { count: rows, width, others, factors, level });
      if (found) expect([...found], `level ${level}`).toEqual(expected);
    }
  });
});

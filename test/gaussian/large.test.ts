/** Dimensions around the limits of the kernels: side by side, packed into lanes, one after the other in one or two stages. */
import { describe, expect, it } from 'vitest';
import { GaussianMemory, type Gaussians, setThreads, threads } from '../../lib/index.ts';
import { expectRelative, expectWithin } from '../support/assertions.ts';
import { select, toSingle } from '../support/batches.ts';
import { TestRandom } from '../support/random.ts';

/** Below and above 64, 128, 256, and 384, from which matrices are reduced in two stages. */
const dimensions = [64, 65, 96, 128, 129, 200, 256, 257, 300, 383, 384, 401];
/** More than two groups of lanes, and a part of one. */
const count = 19;

interface Commuting {
  readonly batch: Gaussians;
  /** count x d. */
  readonly roots: Float64Array;
}

/**
 * Covariances H diag(root^2) H of one reflection H: between them the squared distance is that of means and roots.
 * `scale` multiplies both.
 */
function commuting(
  d: number,
  seed: number,
  scale: number,
  Floats: typeof Float64Array | typeof Float32Array,
): Commuting {
  const random = new TestRandom(seed);
  const axis = new TestRandom(d).normals(d);
  const norm = axis.reduce((sum, x) => sum + x * x, 0);
  const roots = new Float64Array(count * d).map(() => scale * (0.5 + random.uniform()));
  const means = new Floats(count * d).map(() => scale * random.normal());
  const covariances = new Floats(count * d * d);
  for (let item = 0; item < count; item++) {
    const variance = (j: number) => (roots[item * d + j] as number) ** 2;
    const v = (j: number) => axis[j] as number;
    let inner = 0;
    for (let k = 0; k < d; k++) inner += v(k) ** 2 * variance(k);
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        const own = i === j ? variance(i) : 0;
        const crossed = (2 / norm) * v(i) * v(j) * (variance(i) + variance(j) - (2 / norm) * inner);
        covariances[(item * d + i) * d + j] = own - crossed;
      }
    }
  }
  return { batch: { count, dimension: d, structure: 'full', means, covariances }, roots };
}

function expectedDistances(d: number, items: Commuting, query: Commuting): number[] {
  return Array.from({ length: count }, (_, item) => {
    let sum = 0;
    for (let j = 0; j < d; j++) {
      sum += ((items.batch.means[item * d + j] as number) - (query.batch.means[j] as number)) ** 2;
      sum += ((items.roots[item * d + j] as number) - (query.roots[j] as number)) ** 2;
    }
    return sum;
  });
}

describe.each(dimensions)('d = %i', (d) => {
  const [items, queries] = [commuting(d, 1, 1, Float64Array), commuting(d, 2, 1, Float64Array)];
  const query = select(queries.batch, [0]);

  it('distances are those of means and roots, at every scale', async () => {
    for (const scale of [1, 1e-100, 1e100]) {
      const [own, asked] = [commuting(d, 1, scale, Float64Array), commuting(d, 2, scale, Float64Array)];
      const memory = await GaussianMemory.create(own.batch);
      const { data } = await memory.distances(select(asked.batch, [0]));
      // The covariances are rounded, relative to traces of some d.
      expectRelative(`scale ${scale}`, data, expectedDistances(d, own, asked), 1e-12);
    }
  });

  it('a distance has the same bits in any company, whatever the precision', async () => {
    for (const Floats of [Float64Array, Float32Array]) {
      const { batch } = commuting(d, 1, 1, Floats);
      const memory = await GaussianMemory.create(batch);
      const { data } = await memory.distances(query);
      for (const chosen of [[7], [3, 11], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 18]]) {
        const chosenItems = select(batch, chosen);
        const part = await GaussianMemory.create(Floats === Float32Array ? toSingle(chosenItems) : chosenItems);
        const found = (await part.distances(query)).data;
        expect([...found]).toEqual(chosen.map((item) => data[item]));
      }
    }
  });

  it('neighbours are the same with and without pruning', async () => {
    const memory = await GaussianMemory.create(items.batch);
    const [pruned, all] = [
      await memory.nearest(query, { k: 3 }),
      await memory.nearest(query, { k: 3, pruning: false }),
    ];
    expect(pruned).toEqual(all);
  });

  it('a step goes to the weighted means and roots', async () => {
    const memory = await GaussianMemory.create(items.batch);
    const beta = 4 / d;
    const weights = (await memory.weights(query, { beta })).data;
    const next = await memory.step(query, { beta });
    const mixed = (values: Float64Array | Gaussians['means'], j: number) =>
      weights.reduce((sum, weight, item) => sum + weight * (values[item * d + j] as number), 0);
    const means = Array.from({ length: d }, (_, j) => mixed(items.batch.means, j));
    expectWithin('means', next.means, means, 1e-12);
    let trace = 0;
    for (let j = 0; j < d; j++) trace += next.covariances[j * (d + 1)] as number;
    const roots = Array.from({ length: d }, (_, j) => mixed(items.roots, j));
    expectRelative('trace', [trace], [roots.reduce((sum, root) => sum + root * root, 0)], 1e-11);
  });
});

describe('two stages, d = 450', () => {
  const d = 450;
  const { batch } = commuting(d, 1, 1, Float64Array);
  const query = select(commuting(d, 2, 1, Float64Array).batch, [0]);

  it('distances have the same bits for any number of threads, and for identical items', async () => {
    const chosen = [0, 1, 1, 2, 1, 3, 4, 1];
    const memory = await GaussianMemory.create(select(batch, chosen));
    const initial = threads();
    try {
      setThreads(1);
      const { data } = await memory.distances(query);
      setThreads(3);
      expect((await memory.distances(query)).data).toEqual(data);
      for (const [place, item] of chosen.entries()) if (item === 1) expect(data[place]).toBe(data[1]);
    } finally {
      setThreads(initial);
    }
  });

  it('an item is at no distance from itself', async () => {
    const own = select(batch, [2]);
    const memory = await GaussianMemory.create(own);
    const [distance] = (await memory.distances(own)).data;
    expectWithin('distance', [distance as number], [0], 1e-12 * d);
  });

  it("exactly singular covariances: between u u' and v v' it is |u|^2 + |v|^2 - 2 |u'v|", async () => {
    const random = new TestRandom(3);
    const axes = Array.from({ length: 5 }, () => Float64Array.from({ length: d }, () => random.below(7) - 3));
    const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
    const outer = (u: Float64Array) => [...u].flatMap((x) => [...u.map((y) => x * y)]);
    const gaussian = (us: readonly Float64Array[]): Gaussians => ({
      count: us.length,
      dimension: d,
      structure: 'full',
      means: new Float64Array(us.length * d),
      covariances: Float64Array.from(us.flatMap(outer)),
    });
    const [asked, ...stored] = axes as [Float64Array, ...Float64Array[]];
    const memory = await GaussianMemory.create(gaussian(stored));
    const { data } = await memory.distances(gaussian([asked]));
    const expected = stored.map((u) => dot(u, u) + dot(asked, asked) - 2 * Math.abs(dot(u, asked)));
    expectRelative('distances', data, expected, 1e-10);
  });
});

/** The default tolerance of a retrieval is 1e-6 of the memory's own scale. */
import { describe, expect, it } from 'vitest';
import { EuclideanMemory, GaussianMemory, type Gaussians } from '../../lib/index.ts';
import { expectRelative } from '../support/assertions.ts';
import { concatenate, ordinary, scaled, select } from '../support/batches.ts';

const STRUCTURES = ['full', 'diagonal', 'isotropic'] as const;

/** The standard deviation of the equal mixture of all items. */
function deviation({ count, dimension: d, structure, means, covariances }: Gaussians): number {
  let variance = 0;
  for (let k = 0; k < d; k++) {
    const column = Array.from({ length: count }, (_, i) => means[i * d + k] as number);
    const mean = column.reduce((a, b) => a + b) / count;
    variance += column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / count;
  }
  const isOnDiagonal = (at: number) => structure !== 'full' || (at % (d * d)) % (d + 1) === 0;
  const traces = Array.from(covariances).reduce((sum, value, at) => (isOnDiagonal(at) ? sum + value : sum), 0);
  return Math.sqrt(variance + ((structure === 'isotropic' ? d : 1) * traces) / count);
}

/** A query in no hurry, of which the default tolerance decides where it stops. */
function slowCase(structure: (typeof STRUCTURES)[number]) {
  const items = ordinary(structure, 5, 3);
  const query = scaled(select(items, [1]), 1.3, 1.2);
  return { items, query, beta: 0.35 };
}

describe.each(STRUCTURES)('%s', (structure) => {
  const { items, query, beta } = slowCase(structure);

  it('is 1e-6 of the standard deviation of the mixture of all items', async () => {
    const memory = await GaussianMemory.create(items);
    const tolerance = 1e-6 * deviation(items);
    const found = await memory.retrieve(query, { beta });
    const [steps] = found.iterations;
    for (const [factor, isSame] of [
      [1 - 1e-9, true],
      [1 + 1e-9, true],
      [1e-2, false],
      [1e2, false],
    ] as const) {
      const other = await memory.retrieve(query, { beta, tolerance: factor * tolerance });
      expect(other.iterations[0] === steps).toBe(isSame);
    }
    expect(found.stopped).toEqual(['converged']);
    expect(found.stepLength[0]).toBeLessThanOrEqual(tolerance);
  });

  it.each([-300, -120, -40, -20, 20, 40, 120])('takes the same steps at every scale: times 2^%i', async (exponent) => {
    const [c, cc] = [2 ** exponent, 4 ** exponent];
    const here = await (await GaussianMemory.create(items)).retrieve(query, { beta });
    const there = await GaussianMemory.create(scaled(items, c, cc));
    const found = await there.retrieve(scaled(query, c, cc), { beta: beta / cc });
    expect(found.iterations).toEqual(here.iterations);
    expect(found.stopped).toEqual(['converged']);
    expectRelative('step length', found.stepLength, [c * (here.stepLength[0] as number)], 1e-6);
  });

  it('does not depend on where the data lies, nor on how items came in', async () => {
    const shifted = { ...items, means: items.means.map((x) => x + 1000) };
    const there = { ...query, means: query.means.map((x) => x + 1000) };
    const here = await (await GaussianMemory.create(items)).retrieve(query, { beta });
    const moved = await (await GaussianMemory.create(shifted)).retrieve(there, { beta });
    expect(moved.iterations).toEqual(here.iterations);
    const memory = await GaussianMemory.create(concatenate(select(items, [0]), scaled(items, 50, 9)));
    await memory.retrieve(query, { beta }); // the scale of other items is known
    await memory.remove([1, 2, 3, 4, 5]);
    await memory.add(select(items, [1, 2, 3, 4]));
    expect(await memory.retrieve(query, { beta })).toEqual(here);
  });

  it('an explicit tolerance is in the units of the data, and 0 is one', async () => {
    const memory = await GaussianMemory.create(scaled(items, 2 ** 20, 4 ** 20));
    const large = scaled(query, 2 ** 20, 4 ** 20);
    const options = { beta: beta / 4 ** 20, maxIterations: 60 };
    const exact = await memory.retrieve(large, { ...options, tolerance: 0 });
    const loose = await memory.retrieve(large, { ...options, tolerance: 1e3 });
    expect(exact.iterations[0]).toBeGreaterThan(loose.iterations[0] as number);
    expect(loose.stepLength[0]).toBeLessThanOrEqual(1e3);
  });
});

it('is the same for vectors as for Gaussians without width, and of one item alone it is no hindrance', async () => {
  const values = Float64Array.of(0, 0, 3, 1, -2, 5, 4, 4);
  const vectors = await EuclideanMemory.create({ count: 4, dimension: 2, values });
  const points = await GaussianMemory.create({
    count: 4,
    dimension: 2,
    structure: 'isotropic',
    means: values,
    covariances: new Float64Array(4).fill(1e-40),
  });
  const start = Float64Array.of(1, 1.5);
  const options = { beta: 0.12, trajectory: true };
  const found = await vectors.retrieve({ count: 1, dimension: 2, values: start }, options);
  const same = await points.retrieve(
    { count: 1, dimension: 2, structure: 'isotropic', means: start, covariances: Float64Array.of(1e-40) },
    options,
  );
  expect(found.iterations).toEqual(same.iterations);
  expect(found.iterations[0]).toBeGreaterThan(3);
  const one = await EuclideanMemory.create({ count: 1, dimension: 2, values: Float64Array.of(1e6 / 3, 7) });
  const alone = await one.retrieve({ count: 1, dimension: 2, values: start }, { beta: 1 });
  expect(alone.stopped).toEqual(['converged']);
});

it('far from the origin it does not take the distance from there for a scale', async () => {
  // Items within 1e-4 of each other, 1e9 from the origin.
  const values = Float64Array.from({ length: 40 }, (_, k) => 1e9 + 1e-4 * Math.sin(k));
  const memory = await EuclideanMemory.create({ count: 20, dimension: 2, values });
  const query = { count: 1, dimension: 2, values: Float64Array.of(1e9, 1e9 + 1e-4) };
  const { stopped, iterations } = await memory.retrieve(query, { beta: 1e8 });
  expect(stopped).toEqual(['converged']);
  expect(iterations[0]).toBeGreaterThan(3);
});

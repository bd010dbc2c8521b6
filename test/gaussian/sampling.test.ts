/** Samples on Wasserstein spheres: their invariants, their distribution, and that everything follows from the seed. */
import { afterAll, describe, expect, it } from 'vitest';
import type { Gaussians } from '../../lib/core/types.ts';
import { type SphereOptions, type SphereSample, sampleWassersteinSphere } from '../../lib/gaussian/sampling.ts';
import { setThreads, threads } from '../../lib/native/threads.ts';
import { expectFailure, expectRelative, expectSameBits, expectWithin } from '../support/assertions.ts';

const initialThreads = threads();
afterAll(() => setThreads(initialThreads));

const dimensions = [1, 2, 3, 10, 33];

function trace(covariance: ArrayLike<number>, d: number): number {
  return Array.from({ length: d }, (_, k) => covariance[k * (d + 1)] as number).reduce((sum, x) => sum + x, 0);
}

function item({ dimension: d, means, covariances }: Gaussians, i: number) {
  return { mean: means.subarray(i * d, (i + 1) * d), covariance: covariances.subarray(i * d * d, (i + 1) * d * d) };
}

function items(batch: Gaussians) {
  return Array.from({ length: batch.count }, (_, i) => item(batch, i));
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, x, k) => sum + x * (b[k] as number), 0);

/** A' B of row-major d x d matrices. */
function transposedTimes(a: ArrayLike<number>, b: ArrayLike<number>, d: number): number[] {
  const column = (matrix: ArrayLike<number>, k: number) =>
    Array.from({ length: d }, (_, row) => matrix[row * d + k] as number);
  return Array.from({ length: d * d }, (_, at) => dot(column(a, Math.floor(at / d)), column(b, at % d)));
}

function diagonal(values: ArrayLike<number>): number[] {
  const d = values.length;
  return Array.from({ length: d * d }, (_, at) => (at % (d + 1) === 0 ? (values[at / (d + 1)] as number) : 0));
}

function expectOnSphere(sample: SphereSample, squaredRadius: number): void {
  const { dimension: d } = sample;
  expectRelative('radius', [sample.radius], [Math.sqrt(squaredRadius)], 1e-15);
  for (const { mean, covariance } of items(sample)) {
    expectRelative(
      '|mean|^2, trace',
      [dot(mean, mean), trace(covariance, d)],
      Array(2).fill(squaredRadius / 2),
      1e-14 * d,
    );
    const transposed = covariance.map((_, at) => covariance[(at % d) * d + Math.floor(at / d)] as number);
    expectSameBits('symmetric', transposed, covariance);
  }
}

function expectSameSample(actual: Gaussians, expected: Gaussians): void {
  expectSameBits('means', actual.means, expected.means);
  expectSameBits('covariances', actual.covariances, expected.covariances);
}

/** The average of f over the batch is within six standard errors of what is expected; the spread is measured. */
function expectAverage(what: string, values: readonly number[], expected: number): void {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
  expectWithin(what, [mean], [expected], 6 * Math.sqrt(variance / values.length));
}

describe('commuting covariances', () => {
  it.each(dimensions)('lie on the sphere with one eigenbasis and eigenvalues in range: d = %i', async (d) => {
    const range = [0.5, 3] as const;
    const sample = await sampleWassersteinSphere({ count: 20, dimension: d, covariances: 'commuting', range, seed: d });
    expect([sample.count, sample.dimension, sample.structure]).toEqual([20, d, 'full']);
    expectOnSphere(sample, 3.5 * d);
    const { basis, eigenvalues } = sample;
    expect([basis.rows, basis.columns, eigenvalues.rows, eigenvalues.columns]).toEqual([d, d, 20, d]);
    expectWithin('V V = I', transposedTimes(basis.data, basis.data, d), diagonal(Array(d).fill(1)), 1e-14 * d);
    expect(eigenvalues.data.every((value) => value >= 0.5 && value <= 3)).toBe(true);
    for (const [i, { covariance }] of items(sample).entries()) {
      const spectrum = eigenvalues.data.subarray(i * d, (i + 1) * d);
      const rotated = transposedTimes(basis.data, transposedTimes(covariance, basis.data, d), d);
      expectWithin('V S V = diag', rotated, diagonal(spectrum), 1e-12);
    }
  });

  it('take the published range when none is given', async () => {
    const { radius, eigenvalues } = await sampleWassersteinSphere({
      count: 50,
      dimension: 4,
      covariances: 'commuting',
    });
    expectRelative('radius', [radius], [Math.sqrt(4 * 2.1)], 1e-15);
    expectWithin('extremes', [Math.min(...eigenvalues.data), Math.max(...eigenvalues.data)], [1, 1.1], 0.01);
  });

  it('a range of one value gives that value', async () => {
    const options = { count: 3, dimension: 5, covariances: 'commuting', range: [0.3, 0.3] } as const;
    const sample = await sampleWassersteinSphere(options);
    expectSameBits('eigenvalues', sample.eigenvalues.data, Array(15).fill(0.3));
    for (const { covariance } of items(sample)) expectWithin('S', covariance, diagonal(Array(5).fill(0.3)), 1e-15);
  });

  // d - 1 numbers uniform on [-1, 1] are kept if their sum lies there, too: for d = 3, uniform on a hexagon of area 3.
  it.each([
    [1, 0],
    [2, 1 / 3],
    [3, 5 / 18],
  ])('eigenvalues are uniform on the slice of the cube, the last like the others: d = %i', async (d, secondMoment) => {
    const options = { count: 20_000, dimension: d, covariances: 'commuting', range: [1, 3], seed: 5 } as const;
    const { eigenvalues } = await sampleWassersteinSphere(options);
    for (let k = 0; k < d; k++) {
      const centred = Array.from({ length: options.count }, (_, i) => (eigenvalues.data[i * d + k] as number) - 2);
      expectAverage(`eigenvalue ${k}`, centred, 0);
      expectAverage(
        `its square ${k}`,
        centred.map((x) => x * x),
        secondMoment,
      );
    }
  });

  it('the basis is uniform on the orthogonal group', async () => {
    const draw = (seed: number) => sampleWassersteinSphere({ count: 1, dimension: 3, covariances: 'commuting', seed });
    const bases = await Promise.all(Array.from({ length: 3000 }, async (_, seed) => (await draw(seed)).basis.data));
    for (let at = 0; at < 9; at++) {
      expectAverage(
        `entry ${at}`,
        bases.map((v) => v[at] as number),
        0,
      );
      expectAverage(
        `squared entry ${at}`,
        bases.map((v) => (v[at] as number) ** 2),
        1 / 3,
      );
      // A sign that always comes out the same would show here and nowhere above.
      expectAverage(
        `sign ${at}`,
        bases.map((v) => Math.sign(v[at] as number)),
        0,
      );
    }
    // Rows r, s, t: det = r . (s x t).
    const determinant = (v: Float64Array) => {
      const at = (row: number, column: number) => v[3 * row + (column % 3)] as number;
      const minor = (k: number) => at(1, k + 1) * at(2, k + 2) - at(1, k + 2) * at(2, k + 1);
      return dot(v.subarray(0, 3), [0, 1, 2].map(minor));
    };
    expectAverage('determinant', bases.map(determinant), 0);
    // Moments of the trace of a uniform orthogonal matrix (Diaconis and Shahshahani 1994): 0, 1, 0.
    for (const [power, moment] of [
      [1, 0],
      [2, 1],
      [3, 0],
    ] as const) {
      expectAverage(
        `trace^${power}`,
        bases.map((v) => trace(v, 3) ** power),
        moment,
      );
    }
  });
});

describe('general covariances', () => {
  it.each(dimensions)('lie on the sphere of radius sqrt(2 d): d = %i', async (d) => {
    const sample = await sampleWassersteinSphere({ count: 20, dimension: d, covariances: 'general', seed: d });
    expectOnSphere(sample, 2 * d);
    expect('basis' in sample).toBe(false);
  });

  it('have the moments of W W scaled to trace d', async () => {
    const d = 4;
    const sample = await sampleWassersteinSphere({ count: 20_000, dimension: d, covariances: 'general', seed: 3 });
    const covariances = items(sample).map(({ covariance }) => covariance);
    for (let at = 0; at < d * d; at++) {
      const isDiagonal = at % (d + 1) === 0;
      expectAverage(
        `entry ${at}`,
        covariances.map((s) => s[at] as number),
        isDiagonal ? 1 : 0,
      );
    }
    // For A = W W: E tr A^2 / E (tr A)^2 = (2 d + 1) / (d^2 + 2), and the ratio is independent of the trace. The 0.01 I
    // moves it by less than 0.01.
    const squares = covariances.map((s) => dot(s, s));
    const mean = squares.reduce((sum, x) => sum + x, 0) / squares.length;
    expectWithin('tr S^2', [mean], [(d * d * (2 * d + 1)) / (d * d + 2)], 0.05);
  });
});

describe.each(['commuting', 'general'] as const)('every sample: %s', (covariances) => {
  it('has means uniform on their sphere', async () => {
    const d = 3;
    const sample = await sampleWassersteinSphere({ count: 20_000, dimension: d, covariances, seed: 9 });
    const means = items(sample).map(({ mean }) => mean);
    for (let k = 0; k < d; k++) {
      expectAverage(
        `coordinate ${k}`,
        means.map((mean) => mean[k] as number),
        0,
      );
      // Archimedes: a coordinate of a uniform point of the sphere in three dimensions is itself uniform.
      const unit = means.map((mean) => (mean[k] as number) / (sample.radius / Math.SQRT2));
      expectAverage(
        `square ${k}`,
        unit.map((x) => x ** 2),
        1 / 3,
      );
      expectAverage(
        `fourth power ${k}`,
        unit.map((x) => x ** 4),
        1 / 5,
      );
      expectAverage(
        `product ${k}`,
        unit.map((x, i) => x * ((means[i] as Float64Array)[(k + 1) % d] as number)),
        0,
      );
    }
  });

  it('is the same for any number of threads, and begins like a larger one', async () => {
    const options = { count: 40, dimension: 17, covariances, seed: 11n };
    setThreads(1);
    const alone = await sampleWassersteinSphere(options);
    for (const count of [2, 5]) {
      setThreads(count);
      expectSameSample(await sampleWassersteinSphere(options), alone);
    }
    const fewer = await sampleWassersteinSphere({ ...options, count: 7 });
    expectSameBits('means', fewer.means, alone.means.subarray(0, 7 * 17));
    expectSameBits('covariances', fewer.covariances, alone.covariances.subarray(0, 7 * 17 * 17));
  });

  it('is another with another seed', async () => {
    const draw = async (seed: number) =>
      Math.sign((await sampleWassersteinSphere({ count: 1, dimension: 1, covariances, seed })).means[0] as number);
    // In one dimension the mean is one of two points.
    const signs = new Set(await Promise.all(Array.from({ length: 30 }, (_, seed) => draw(seed))));
    expect(signs.size).toBe(2);
    const options = { count: 2, dimension: 3, covariances };
    const [a, b] = await Promise.all([1, 2].map((seed) => sampleWassersteinSphere({ ...options, seed })));
    const same = a?.covariances.filter((x, at) => x === b?.covariances[at]);
    expect(same).toHaveLength(0);
  });

  it('reports progress up to its count', async () => {
    const reports: number[] = [];
    const onProgress = ({ completed, total }: { completed: number; total: number }) => {
      expect(total).toBe(300);
      reports.push(completed);
    };
    await sampleWassersteinSphere({ count: 300, dimension: 20, covariances, onProgress });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(reports.at(-1)).toBe(300);
    expect(reports).toEqual(reports.toSorted((a, b) => a - b));
  });

  it('stops when its signal is aborted', async () => {
    const options = { count: 2000, dimension: 256, covariances };
    const reason = new Error('enough');
    await expect(sampleWassersteinSphere({ ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const call = sampleWassersteinSphere({ ...options, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 20);
    await expect(call).rejects.toBe(reason);
  });
});

describe('options', () => {
  const good = { count: 2, dimension: 2, covariances: 'commuting' } as const;
  const refused: [Record<string, unknown>, string][] = [
    [{ count: 0 }, 'options.count'],
    [{ count: 1.5 }, 'options.count'],
    [{ dimension: 0 }, 'options.dimension'],
    [{ dimension: Number.NaN }, 'options.dimension'],
    [{ covariances: 'diagonal' }, 'options.covariances'],
    [{ range: [0, 1] }, 'options.range'],
    [{ range: [2, 1] }, 'options.range'],
    [{ range: [1, Number.POSITIVE_INFINITY] }, 'options.range'],
    [{ range: [1, 2, 3] }, 'options.range'],
    [{ range: 1 }, 'options.range'],
    [{ covariances: 'general', range: [1, 2] }, 'options.range'],
    [{ seed: 0.5 }, 'seed'],
    [{ seed: 'x' }, 'seed'],
  ];

  it.each(refused)('refuses %o', async (bad, name) => {
    const options = { ...good, ...bad } as unknown as SphereOptions;
    await expectFailure(() => sampleWassersteinSphere(options), 'ERR_RANGE', name, /Expected .* but received/);
  });

  it('refuses what cannot fit', async () => {
    const large = { ...good, count: 1e6, dimension: 1e4 };
    await expectFailure(() => sampleWassersteinSphere(large), 'ERR_OUT_OF_MEMORY');
    await expectFailure(
      () => sampleWassersteinSphere({ ...large, dimension: 2 ** 40 }),
      ['ERR_OUT_OF_MEMORY', 'ERR_SHAPE'],
    );
  });
});

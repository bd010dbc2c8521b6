/** Samples of the sphere: their moments and symmetry, and that point i follows from the seed and i alone. */
import { afterAll, describe, expect, it } from 'vitest';
import {
  type SpherePoints,
  type SphereSampleOptions,
  sampleTeacher,
  sampleUniformSphere,
  sampleVonMisesFisher,
  setThreads,
  threads,
  vonMisesFisherMeanResultantLength,
} from '../../lib/index.ts';
import { expectFailure, expectSameBits, expectWithin } from '../support/assertions.ts';
import { TestRandom } from '../support/random.ts';

const initialThreads = threads();
afterAll(() => setThreads(initialThreads));

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k] as number) * (b[k] as number);
  return sum;
};

const rows = ({ count, dimension, values }: SpherePoints) =>
  Array.from({ length: count }, (_, i) => values.subarray(i * dimension, (i + 1) * dimension));

function unitVector(dimension: number, seed: number): Float64Array {
  const vector = new TestRandom(seed).normals(dimension);
  const length = Math.sqrt(dot(vector, vector));
  return vector.map((x) => x / length);
}

/** N unit roundings in the sum of squares, half of that in its root, and a few in the mirror. */
function expectUnitRows(sample: SpherePoints): void {
  const lengths = rows(sample).map((row) => Math.sqrt(dot(row, row)));
  expectWithin('lengths', lengths, Array(sample.count).fill(1), 1e-15 + sample.dimension * 2 ** -53);
}

/** How many standard errors an average may be off: one draw in 5e8 is, and all draws here are fixed by their seeds. */
const SIGMAS = 6;

/** The average is what is expected; the standard error is measured. `rounding` is allowed besides. */
function expectAverage(what: string, values: readonly number[], expected: number, rounding = 0): void {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
  expectWithin(what, [mean], [expected], SIGMAS * Math.sqrt(variance / values.length) + rounding);
}

describe('sampleVonMisesFisher', () => {
  const dimensions = [2, 3, 10, 784];
  const kappas = [0, 1e-3, 1, 50, 1e4, 2e5];

  const moments = dimensions.flatMap((n) => kappas.map((kappa) => [n, kappa] as const));
  it.each(moments)('has the moments of N = %i, kappa = %d', async (n, kappa) => {
    const mean = unitVector(n, 1);
    const sample = await sampleVonMisesFisher({ mean, kappa, count: n > 100 ? 2000 : 8000, seed: 7 });
    expectUnitRows(sample);
    const points = rows(sample);
    // 1 - w . x = |x - w|^2 / 2, which does not cancel where kappa is large.
    const gaps = points.map((x) => x.reduce((sum, value, k) => sum + (value - (mean[k] as number)) ** 2, 0) / 2);
    const a = vonMisesFisherMeanResultantLength(n, kappa);
    // E (w . x)^2 = 1 - (N - 1) A / kappa, so E (1 - w . x)^2 = 2 (1 - A) - (N - 1) A / kappa.
    const ratio = kappa === 0 ? 1 / n : a / kappa;
    // Points and mean have roundings of 2^-53 in coordinates, which move the gap by their product with |x - w|.
    const rounding = 1e-15;
    expectAverage('1 - w . x', gaps, 1 - a, rounding);
    expectAverage(
      '(1 - w . x)^2',
      gaps.map((gap) => gap * gap),
      2 * (1 - a) - (n - 1) * ratio,
      rounding,
    );
    expectAverage(
      '(w . x)^2',
      gaps.map((gap) => (1 - gap) ** 2),
      1 - (n - 1) * ratio,
      rounding,
    );
  });

  it('has the distribution of a closed form: N = 3', async () => {
    // P(w . x <= t) = (exp(kappa t) - exp(-kappa)) / (exp(kappa) - exp(-kappa)).
    const mean = [0, -0.6, 0.8];
    for (const kappa of [0.5, 3, 40]) {
      const count = 20_000;
      const sample = await sampleVonMisesFisher({ mean: Float64Array.from(mean), kappa, count, seed: 5 });
      const sorted = rows(sample)
        .map((x) => dot(x, mean))
        .sort((a, b) => a - b);
      const distribution = (t: number) => Math.expm1(kappa * (t + 1)) / Math.expm1(2 * kappa);
      const distance = Math.max(...sorted.map((t, i) => Math.abs(distribution(t) - (i + 0.5) / count)));
      // Kolmogorov: exceeded by sqrt(count) times the distance with probability 2 exp(-2 x^2) = 1e-7.
      expect(distance * Math.sqrt(count)).toBeLessThan(2.9);
    }
  });

  it.each([2, 3, 5])('is symmetric about the mean: N = %i', async (n) => {
    const mean = unitVector(n, 3);
    const kappa = 2;
    const points = rows(await sampleVonMisesFisher({ mean, kappa, count: 20_000, seed: 2 }));
    const a = vonMisesFisherMeanResultantLength(n, kappa);
    // Along two directions orthogonal to the mean (one for N = 2): mean 0, second moment A / kappa, all odd moments 0.
    for (let axis = 0; axis < Math.min(2, n - 1); axis++) {
      const direction = unitVector(n, 50 + axis);
      const along = dot(direction, mean);
      const orthogonal = direction.map((x, k) => x - along * (mean[k] as number));
      const length = Math.sqrt(dot(orthogonal, orthogonal));
      const components = points.map((x) => dot(x, orthogonal) / length);
      expectAverage('first', components, 0);
      expectAverage(
        'second',
        components.map((c) => c * c),
        a / kappa,
      );
      expectAverage(
        'third',
        components.map((c) => c ** 3),
        0,
      );
      expectAverage(
        'with the mean',
        components.map((c, i) => c * dot(points[i] as Float64Array, mean)),
        0,
      );
    }
  });

  it('has its mean at every direction, the axes and their opposites too', async () => {
    for (const n of [2, 3, 6]) {
      const axes = Array.from({ length: n }, (_, k) => new Float64Array(n).fill(1, k, k + 1));
      for (const axis of [...axes, ...axes.map((w) => w.map((x) => -x))]) {
        const points = rows(await sampleVonMisesFisher({ mean: axis, kappa: 9, count: 2000, seed: 8 }));
        for (let k = 0; k < n; k++) {
          const expected = vonMisesFisherMeanResultantLength(n, 9) * (axis[k] as number);
          expectAverage(
            `coordinate ${k}`,
            points.map((x) => x[k] as number),
            expected,
          );
        }
      }
    }
  });

  it('stays at the mean for the largest kappa', async () => {
    for (const n of [2, 17]) {
      const mean = unitVector(n, 4);
      for (const kappa of [1e12, 1e40, 1e308]) {
        const sample = await sampleVonMisesFisher({ mean, kappa, count: 100 });
        expectUnitRows(sample);
        const deviation = Math.sqrt(n / kappa);
        for (const x of rows(sample)) expectWithin('x', x, mean, 8 * deviation + 1e-15);
      }
    }
  });

  it('takes float32 means, which it divides by their length', async () => {
    const mean = Float32Array.from(unitVector(20, 6));
    const sample = await sampleVonMisesFisher({ mean, kappa: 1e20, count: 3 });
    expectUnitRows(sample);
    expectWithin('x', sample.values.subarray(0, 20), mean, 1e-7);
  });

  const good = { mean: Float64Array.of(0.6, 0.8), kappa: 1, count: 2 };
  it.each<[Record<string, unknown>, string | string[], string | RegExp]>([
    [{ kappa: -1 }, 'ERR_RANGE', 'options.kappa'],
    [{ kappa: Number.NaN }, 'ERR_RANGE', 'options.kappa'],
    [{ kappa: Number.POSITIVE_INFINITY }, 'ERR_RANGE', 'options.kappa'],
    [{ count: 0 }, 'ERR_RANGE', 'options.count'],
    [{ seed: 1.5 }, 'ERR_RANGE', 'seed'],
    [{ mean: [0.6, 0.8] }, 'ERR_SHAPE', 'options.mean'],
    [{ mean: undefined }, 'ERR_SHAPE', 'options.mean'],
    [{ mean: Float64Array.of(1) }, 'ERR_SHAPE', 'options.mean'],
    [{ mean: new Float64Array(0) }, 'ERR_SHAPE', 'options.mean'],
    [{ mean: Float64Array.of(0.6, 0.9) }, 'ERR_RANGE', /length 1 for options\.mean but its length is 1\.08/],
    [{ mean: Float64Array.of(0, 0) }, 'ERR_RANGE', /length 1 for options\.mean but its length is 0/],
    [{ mean: Float64Array.of(1e200, 1e200) }, 'ERR_RANGE', /its length is Infinity/],
    [{ mean: Float64Array.of(1, Number.NaN) }, 'ERR_NOT_FINITE', /options\.mean\[1\]/],
    [{ beta: 1 }, 'ERR_RANGE', 'beta'],
    [{ signal: 1 }, 'ERR_SHAPE', 'options.signal'],
  ])('refuses %o', async (bad, code, mention) => {
    await expectFailure(() => sampleVonMisesFisher({ ...good, ...bad } as never), code as 'ERR_RANGE', mention);
  });
});

describe('sampleUniformSphere', () => {
  it.each([2, 3, 10])('has the moments of the uniform distribution: N = %i', async (n) => {
    const sample = await sampleUniformSphere({ dimension: n, count: 20_000, seed: 4 });
    expectUnitRows(sample);
    const points = rows(sample);
    for (let k = 0; k < n; k++) {
      const coordinate = points.map((x) => x[k] as number);
      expectAverage('first', coordinate, 0);
      expectAverage(
        'second',
        coordinate.map((x) => x ** 2),
        1 / n,
      );
      expectAverage(
        'fourth',
        coordinate.map((x) => x ** 4),
        3 / (n * (n + 2)),
      );
      expectAverage(
        'mixed',
        coordinate.map((x, i) => x * (points[i]?.[(k + 1) % n] as number)),
        0,
      );
    }
  });

  it('has nothing in common with samples for other purposes', async () => {
    const mean = unitVector(3, 1);
    const [uniform, fisher] = await Promise.all([
      sampleUniformSphere({ dimension: 3, count: 50, seed: 1 }),
      sampleVonMisesFisher({ mean, kappa: 0, count: 50, seed: 1 }),
    ]);
    expect(uniform.values.filter((x) => fisher.values.includes(x))).toHaveLength(0);
    const other = await sampleUniformSphere({ dimension: 3, count: 50, seed: 2 });
    expect(uniform.values.filter((x) => other.values.includes(x))).toHaveLength(0);
  });

  it.each([0, 1, 1.5, undefined])('refuses N = %s', async (dimension) => {
    const options = { dimension: dimension as number, count: 2 };
    await expectFailure(() => sampleUniformSphere(options), 'ERR_RANGE', 'options.dimension');
  });

  it('refuses what cannot fit', async () => {
    await expectFailure(() => sampleUniformSphere({ dimension: 1e6, count: 1e9 }), 'ERR_OUT_OF_MEMORY');
    await expectFailure(() => sampleUniformSphere({ dimension: 2 ** 50, count: 1e9 }), 'ERR_SHAPE');
  });
});

describe('sampleTeacher', () => {
  const dimension = 6;
  const memories = {
    count: 3,
    dimension,
    values: Float64Array.from([1, 2, 3].flatMap((seed) => [...unitVector(dimension, seed)])),
  };
  const data = Float64Array.of(0.05, 0.05, 0.1, 0, 0.2, 0, 0.1, 0, 0.15, 0.25, 0.1, 0);
  const classWeights = { rows: 4, columns: 3, data };
  const good = { memories, classWeights, beta: 12, count: 20_000, seed: 3 };

  it('draws hidden units and classes with their joint probabilities, points about the memory', async () => {
    const sample = await sampleTeacher(good);
    expect([sample.count, sample.dimension]).toEqual([good.count, dimension]);
    expectUnitRows(sample);
    const cells = Array.from(sample.hidden, (hidden, i) => hidden * 3 + (sample.labels[i] as number));
    data.forEach((p, cell) => {
      const found = cells.filter((c) => c === cell).length;
      // A binomial count; exactly none where the probability is 0.
      const deviation = Math.sqrt(good.count * p * (1 - p));
      expectWithin(`cell ${cell}`, [found], [good.count * p], SIGMAS * deviation);
    });
    const points = rows(sample);
    for (let hidden = 0; hidden <= 3; hidden++) {
      const own = points.filter((_, i) => sample.hidden[i] === hidden);
      for (let mu = 1; mu <= 3; mu++) {
        const memory = memories.values.subarray((mu - 1) * dimension, mu * dimension);
        const about = hidden === 0 ? memory : memories.values.subarray((hidden - 1) * dimension, hidden * dimension);
        const length = hidden === 0 ? 0 : vonMisesFisherMeanResultantLength(dimension, good.beta);
        expectAverage(
          `overlap of ${hidden} with ${mu}`,
          own.map((x) => dot(x, memory)),
          length * dot(memory, about),
        );
      }
    }
  });

  it('draws class and point independently, given the hidden unit', async () => {
    const { hidden, labels, values } = await sampleTeacher(good);
    const last = memories.values.subarray(2 * dimension);
    for (const label of [0, 1]) {
      const own = rows({ count: good.count, dimension, values }).filter(
        (_, i) => hidden[i] === 3 && labels[i] === label,
      );
      const overlaps = own.map((x) => dot(x, last));
      expectAverage(`class ${label}`, overlaps, vonMisesFisherMeanResultantLength(dimension, good.beta));
    }
  });

  it('takes weights in float32 and divides them by their sum', async () => {
    const rounded = { ...classWeights, data: Float32Array.from(data) as unknown as Float64Array };
    const sample = await sampleTeacher({ ...good, classWeights: rounded, count: 10 });
    expectSameBits('labels', sample.labels, (await sampleTeacher({ ...good, count: 10 })).labels);
  });

  const weights = (change: (data: Float64Array) => void) => {
    const changed = data.slice();
    change(changed);
    return { ...classWeights, data: changed };
  };
  it.each<[string, Record<string, unknown>, string, string | RegExp]>([
    ['too few rows', { classWeights: { rows: 3, columns: 4, data } }, 'ERR_SHAPE', 'options.classWeights.rows'],
    [
      'too few numbers',
      { classWeights: { ...classWeights, data: data.subarray(1) } },
      'ERR_SHAPE',
      'classWeights.data',
    ],
    ['no weights', { classWeights: undefined }, 'ERR_SHAPE', 'options.classWeights'],
    ['no columns', { classWeights: { rows: 4, columns: 0, data } }, 'ERR_RANGE', 'options.classWeights.columns'],
    [
      'a negative weight',
      { classWeights: weights((w) => w.set([0.2, -0.05], 3)) },
      'ERR_RANGE',
      /a probability for options\.classWeights\.data\[1\]\[1\] but received -0\.05/,
    ],
    ['a NaN weight', { classWeights: weights((w) => w.fill(Number.NaN, 5, 6)) }, 'ERR_NOT_FINITE', /data\[1\]\[2\]/],
    ['another sum', { classWeights: weights((w) => w.fill(0.5, 0, 1)) }, 'ERR_RANGE', /sum to 1 .* their sum is 1\.45/],
    ['only zeros', { classWeights: weights((w) => w.fill(0)) }, 'ERR_RANGE', /their sum is 0/],
    ['a negative beta', { beta: -1 }, 'ERR_RANGE', 'options.beta'],
    ['no beta', { beta: undefined }, 'ERR_RANGE', 'options.beta'],
    [
      'a memory that is not unit',
      { memories: { ...memories, values: memories.values.map((x, i) => (i === 7 ? 2 : x)) } },
      'ERR_RANGE',
      /options\.memories\.values\[1\]/,
    ],
    [
      'a NaN memory',
      { memories: { ...memories, values: memories.values.map((x, i) => (i === 13 ? Number.NaN : x)) } },
      'ERR_NOT_FINITE',
      /options\.memories\.values\[2\]\[1\]/,
    ],
    [
      'one dimension',
      { memories: { count: 3, dimension: 1, values: Float64Array.of(1, 1, -1) } },
      'ERR_SHAPE',
      'memories',
    ],
  ])('refuses %s', async (_, bad, code, mention) => {
    await expectFailure(() => sampleTeacher({ ...good, ...bad } as never), code as 'ERR_RANGE', mention);
  });
});

describe.each<[string, (options: SphereSampleOptions) => Promise<SpherePoints>]>([
  ['uniform', (options) => sampleUniformSphere({ dimension: 50, ...options })],
  ['von Mises-Fisher', (options) => sampleVonMisesFisher({ mean: unitVector(50, 1), kappa: 30, ...options })],
  [
    'teacher',
    (options) =>
      sampleTeacher({
        memories: { count: 1, dimension: 50, values: unitVector(50, 1) },
        classWeights: { rows: 2, columns: 2, data: Float64Array.of(0.25, 0.25, 0.25, 0.25) },
        beta: 30,
        ...options,
      }),
  ],
])('every sample: %s', (_, draw) => {
  it('is the same for any number of threads, and begins like a larger one', async () => {
    // More rows than one native call draws.
    const options = { count: 25_000, seed: 11n };
    setThreads(1);
    const alone = await draw(options);
    for (const count of [2, 5]) {
      setThreads(count);
      expectSameBits('values', (await draw(options)).values, alone.values);
    }
    const fewer = await draw({ ...options, count: 777 });
    expectSameBits('values', fewer.values, alone.values.subarray(0, 777 * 50));
  });

  it('reports progress up to its count', async () => {
    const reports: number[] = [];
    await draw({ count: 30_000, onProgress: ({ completed }) => reports.push(completed) });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(reports.at(-1)).toBe(30_000);
  });

  it('stops when its signal is aborted', async () => {
    const reason = new Error('enough');
    await expect(draw({ count: 10, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const call = draw({ count: 2e6, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 10);
    await expect(call).rejects.toBe(reason);
  });
});

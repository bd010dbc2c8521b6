/** Very large and very small beta: log densities keep their digits, and all that is made of them. */
import { describe, expect, it } from 'vitest';
import { VonMisesFisherMemory, vonMisesFisherLogNormalizer } from '../../lib/index.ts';
import { native } from '../../lib/native.ts';
import { expectRelative, expectWithin } from '../support/assertions.ts';
import { TestRandom } from '../support/random.ts';
import { reportSweep, sweepCount } from '../support/sweep.ts';

type Row = readonly number[];

const PRECISIONS = ['float32', 'float64'] as const;

function typed(rows: readonly Row[], precision: 'float32' | 'float64') {
  return precision === 'float32' ? Float32Array.from(rows.flat()) : Float64Array.from(rows.flat());
}

function vectors(rows: readonly Row[], precision: 'float32' | 'float64' = 'float64') {
  return { count: rows.length, dimension: (rows[0] as Row).length, values: typed(rows, precision) };
}

interface Given {
  readonly memories: readonly Row[];
  readonly beta: number;
  readonly betaScale?: number;
  readonly precision?: 'float32' | 'float64';
}

/** Memory mu alone has class mu + 1, and all are as likely. */
function ownClasses({ memories, beta, betaScale = 1, precision = 'float64' }: Given): Promise<VonMisesFisherMemory> {
  const count = memories.length;
  const data = new Float64Array((count + 1) * (count + 1));
  for (let mu = 1; mu <= count; mu++) data[mu * (count + 1) + mu] = 1 / count;
  const classWeights = { rows: count + 1, columns: count + 1, data };
  const { dimension, values } = vectors(memories, precision);
  return VonMisesFisherMemory.from({
    dimension,
    hiddenUnits: count,
    classes: count,
    beta,
    betaScale,
    memories: values,
    classWeights,
  });
}

async function logOf(given: Given, x: Row): Promise<number> {
  const memory = await ownClasses(given);
  return (await memory.logDensity(vectors([x], given.precision))).data[1] as number;
}

function onCircle(angle: number): number[] {
  return [Math.cos(angle), Math.sin(angle), 0];
}

/** kappa - log(sinh kappa / kappa), N = 3. */
function deficit(kappa: number): number {
  return kappa < 1e-2
    ? kappa - (kappa * kappa) / 6 + kappa ** 4 / 180
    : Math.log((2 * kappa) / -Math.expm1(-2 * kappa));
}

const logSurface = Math.log(4 * Math.PI);
/** Of a random direction, whose coordinates are rounded. */
const tilted = [0.36, -0.48, 0.8];

describe.each(PRECISIONS)('a large beta in %s', (precision) => {
  it.each([1e4, 1e6, 1e12, 1e15, 1e30])('%d: log(beta / 2 pi) at a memory in three dimensions', async (beta) => {
    for (const w of [[1, 0, 0], tilted]) {
      const found = await logOf({ memories: [w], beta, precision }, w);
      expectRelative('log P', [found], [Math.log(beta / (2 * Math.PI))], 4e-16);
    }
  });

  it('takes rows whose norm is a little off as the directions that they are', async () => {
    const x = tilted.map((coordinate) => coordinate * (1 + 4e-5));
    // |w - x| and |w| - |x| are both 4e-5; what is left of the difference of their squares is the rounding of the norms.
    const rounding = 4e-5 * (precision === 'float32' ? 2 ** -22 : 2 ** -51);
    const found = await logOf({ memories: [tilted], beta: 1e8, precision }, x);
    expectWithin('log P', [found], [Math.log(1e8 / (2 * Math.PI))], 1e8 * rounding + 1e-14);
  });
});

describe('a large beta', () => {
  it.each([
    [1e6, 1e-3],
    [1e12, 1e-6],
    [1e12, 1e-3],
    [1e15, 3e-8],
    [1e15, 1],
  ])('%d: falls from a memory as its distance at angle %d says', async (beta, angle) => {
    const found = await logOf({ memories: [[1, 0, 0]], beta }, onCircle(angle));
    // 1 - cos has the digits of the angle; the sine of x is rounded once.
    expectRelative('log P', [found], [Math.log(beta / (2 * Math.PI)) - 2 * beta * Math.sin(angle / 2) ** 2], 1e-15);
  });

  it('with a beta scale: the peak is lower by the rest of beta', async () => {
    const [beta, betaScale] = [1e12, 1 - 2 ** -40];
    const found = await logOf({ memories: [tilted], beta, betaScale }, tilted);
    expectRelative('log P', [found], [Math.log(beta / (2 * Math.PI)) - beta * 2 ** -40], 1e-15);
  });

  it('classes by which memory is nearer, however little', async () => {
    const memories = [onCircle(0), onCircle(1e-6)];
    const memory = await ownClasses({ memories, beta: 1e12 });
    const { data } = await memory.predictProbabilities(vectors(memories));
    // Both are 1 - cos(1e-6) = 5e-13 apart.
    const own = 1 / (1 + Math.exp(-0.5));
    expectRelative('P', [data[1], data[2], data[4], data[5]] as number[], [own, 1 - own, 1 - own, own], 1e-12);
  });

  it.each(PRECISIONS)('%s: the nearest memory is the nearer one where both overlaps round to 1', async (precision) => {
    const angle = precision === 'float32' ? 1e-5 : 1e-9;
    const memories = [onCircle(0), onCircle(angle), onCircle(2 * angle), onCircle(angle)];
    const memory = await ownClasses({ memories, beta: 1, precision });
    const { indices } = await memory.nearestMemory(vectors(memories, precision));
    expect([...indices]).toEqual([0, 1, 2, 1]);
    const { nearest } = await memory.reconstruct(vectors(memories, precision), { maxIterations: 0 });
    expect([...nearest]).toEqual([0, 1, 2, 1]);
  });

  it.each(PRECISIONS)('%s: a reconstruction ends with the energy of the memory', async (precision) => {
    const memories = [tilted, [0, 0, 1]];
    const memory = await ownClasses({ memories, beta: 1e12, precision });
    const start = vectors([[0.6, -0.6, Math.sqrt(0.28)]], precision);
    const { energy, nearest, stopped } = await memory.reconstruct(start, { classes: 1 });
    expect([nearest[0], stopped[0]]).toEqual([0, 'converged']);
    // The state is the memory made a unit vector again.
    const unit = precision === 'float32' ? 2 ** -24 : 2 ** -53;
    expectWithin('energy', energy, [-Math.log(1e12 / (2 * Math.PI))], 4 * 1e12 * unit ** 2 + 1e-14);
  });

  it.each(PRECISIONS)('%s: the losses of a training that does not move', async (precision) => {
    const rows = Array.from({ length: 20 }, () => tilted);
    const data = { ...vectors(rows, precision), labels: rows.map(() => 1), classes: 1 };
    const { history } = await VonMisesFisherMemory.train(data, {
      hiddenUnits: 1,
      beta: 1e12,
      labelSoftening: 0,
      background: 0,
      learningRate: 1e-30,
      maxEpochs: 1,
      initialMemories: typed([tilted], precision),
    });
    const { loss, validationLoss } = history[0] as (typeof history)[number];
    const expected = -Math.log(1e12 / (2 * Math.PI));
    // Each step makes the memory a unit vector again.
    const unit = precision === 'float32' ? 2 ** -24 : 2 ** -53;
    expectWithin('loss', [loss, validationLoss], [expected, expected], 4 * 1e12 * unit ** 2 + 1e-14);
  });
});

describe('a small beta', () => {
  it('1e-4: the values at a memory and across it', async () => {
    const given = { memories: [[1, 0, 0]], beta: 1e-4 };
    expectWithin('at', [await logOf(given, [1, 0, 0])], [-2.5309242486359573], 2 ** -51);
    expectWithin('across', [await logOf(given, [0, 1, 0])], [-2.5310242486359575], 2 ** -51);
  });
});

describe('kappa - L', () => {
  it.each([1e-6, 1e-3, 0.7, 4, 20, 30, 1e3, 1e6, 1e15, 1e300])('%d: its closed form in three dimensions', (kappa) => {
    const found = native.vonMisesFisherLogNormalizer(3, kappa).deficit;
    expectRelative('kappa - L', [found], [deficit(kappa)], 8e-15);
  });

  it('is the difference of both where that has digits', () => {
    for (const dimension of [1, 2, 3, 8, 36, 49, 50, 784, 8192]) {
      for (let kappa = 1e-3; kappa < 1e7; kappa *= 1.7) {
        const expected = kappa - vonMisesFisherLogNormalizer(dimension, kappa);
        const found = native.vonMisesFisherLogNormalizer(dimension, kappa).deficit;
        expectWithin(`N = ${dimension}`, [found], [expected], 8e-15 * expected + 4e-15 * kappa);
      }
    }
  });
});

describe('random mixtures in three dimensions, any beta', () => {
  it('agree with sums of closed forms', async () => {
    const random = new TestRandom(20);
    const count = sweepCount({ test: 300, stress: 20_000 });
    let worst = 0;
    for (let run = 0; run < count; run++) {
      const beta = 10 ** (20 * random.uniform() - 5);
      const betaScale = random.uniform() < 0.5 ? 1 : random.uniform() + 0.1;
      // Memories some standard deviations apart, or anywhere.
      const spread = random.uniform() < 0.3 ? 1 : Math.min(1, 3 / Math.sqrt(beta));
      const near = () => {
        const [a = 0, b = 0] = random.normals(2);
        return unit(tilted.map((w, j) => w + spread * (j === 0 ? a : j === 1 ? b : 0)));
      };
      const memories = Array.from({ length: 4 }, near);
      const x = near();
      const { data } = await (await ownClasses({ memories, beta, betaScale })).logDensity(vectors([x]));
      memories.forEach((w, mu) => {
        const gap = w.reduce((sum, coordinate, j) => sum + (coordinate - (x[j] as number)) ** 2, 0) / 2;
        const terms = [(betaScale - 1) * beta, deficit(beta), -betaScale * beta * gap, -logSurface, Math.log(1 / 4)];
        const size = terms.reduce((sum, term) => sum + Math.abs(term), 0);
        const error = Math.abs((data[mu + 1] as number) - terms.reduce((sum, term) => sum + term, 0)) / size;
        worst = Math.max(worst, error);
      });
    }
    reportSweep('log densities of the sphere', { mixtures: count, 'worst error': worst.toExponential(2) });
    // Sixteen roundings of the peak are what overlaps may lose before they are sharpened, and their own are two.
    expect(worst).toBeLessThan(32 * 2 ** -53);
  });
});

function unit(x: Row): number[] {
  const norm = Math.hypot(...x);
  return x.map((coordinate) => coordinate / norm);
}

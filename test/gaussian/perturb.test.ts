/** Perturbations at an exact W2 distance, measured by the slow reference in extended precision. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Gaussians } from '../../lib/core/types.ts';
import { type PerturbOptions, perturb, sampleWassersteinSphere } from '../../lib/gaussian/sampling.ts';
import { setThreads, threads } from '../../lib/native/threads.ts';
import { gaussianAt, gaussiansOf, squaredWasserstein } from '../reference/gaussian.ts';
import { expectFailure, expectRelative, expectSameBits, expectWithin } from '../support/assertions.ts';
import { gaussians, ordinary, select, toSingle } from '../support/batches.ts';
import { type CaseLimits, cases } from '../support/cases.ts';
import { check } from '../support/check.ts';
import { roundingFloor } from '../support/tolerances.ts';

const initialThreads = threads();
afterAll(() => setThreads(initialThreads));

const families = ['commuting', 'general'] as const;
const origin = (d: number) => gaussianAt(gaussians('isotropic', [Array(d).fill(0)], [[0]]), 0);

/** W2 from every item to its perturbation. */
function distances(items: Gaussians, moved: Gaussians): number[] {
  const after = gaussiansOf(moved);
  return gaussiansOf(items).map((item, i) => Math.sqrt(squaredWasserstein(item, after[i] as (typeof after)[0])));
}

/** W2 from the point mass at the origin. */
function reaches(items: Gaussians): number[] {
  return gaussiansOf(items).map((item) => Math.sqrt(squaredWasserstein(item, origin(items.dimension))));
}

/** Every distance is the radius to 1e-10 of it, and to what rounding the item's own numbers changes. */
function expectRadius(items: Gaussians, moved: Gaussians, radius: number, roundings = 2): void {
  expect([moved.count, moved.dimension, moved.structure]).toEqual([items.count, items.dimension, items.structure]);
  const widths = reaches(items);
  const bound = (i: number) => 1e-10 * radius + roundings * 2 ** -52 * (radius + (widths[i] as number));
  expectWithin('W2', distances(items, moved), Array(items.count).fill(radius), bound);
}

const radii = fc
  .integer({ min: -6, max: 2 })
  .chain((exponent) => fc.double({ min: 10 ** exponent, max: 10 ** exponent * 9.9, noNaN: true }));

describe('the radius is exact', () => {
  it.each(families)('for spheres of either kind, radii from 1e-6 to 1e3: %s', async (covariances) => {
    const spheres = fc.record({
      dimension: fc.integer({ min: 1, max: 32 }),
      sphere: fc.constantFrom(...families),
      seed: fc.nat(),
      radius: radii,
    });
    await check(spheres, 40, async ({ dimension, sphere, seed, radius }) => {
      const items = await sampleWassersteinSphere({ count: 2, dimension, covariances: sphere, seed });
      expectRadius(items, await perturb(items, radius, { covariances, seed }), radius);
    });
  });

  const limits: CaseLimits = { maxDimension: 12, maxItems: 2, maxQueries: 1, maxLogCondition: 3 };
  it.each(families)('for Gaussians of any structure, scale and conditioning: %s', async (covariances) => {
    await check(
      fc.tuple(cases(limits), radii),
      100,
      async ([{ itemBatch, seed, logScale, logCondition }, relative]) => {
        const radius = relative * 10 ** (logScale / 2);
        const moved = await perturb(itemBatch, radius, { covariances, seed });
        // Rounding an eigenvalue l as if it were the greatest moves its root by the root of their ratio more.
        expectRadius(itemBatch, moved, radius, 2 * 10 ** (logCondition / 2));
      },
    );
  });

  it('for singular covariances', async () => {
    const singular = { ...limits, itemSpectra: ['lowRank', 'nearSingular'] } as const;
    await check(
      fc.tuple(cases(singular), fc.double({ min: 0.01, max: 10, noNaN: true })),
      60,
      async ([{ itemBatch, seed, logScale }, relative]) => {
        const radius = relative * 10 ** (logScale / 2);
        const moved = await perturb(itemBatch, radius, { seed });
        // Whether a zero eigenvalue is 0 or 1e-16 is rounding, but its root then is 1e-8.
        const floors = gaussiansOf(itemBatch).map((item) => roundingFloor(item));
        const bound = (i: number) => 1e-8 * radius + 2 * (floors[i] as number);
        expectWithin('W2', distances(itemBatch, moved), Array(itemBatch.count).fill(radius), bound);
      },
    );
  });

  it('for point masses', async () => {
    for (const structure of ['full', 'diagonal', 'isotropic'] as const) {
      const width = { full: 4, diagonal: 2, isotropic: 1 }[structure];
      const points = gaussians(
        structure,
        [
          [0, 0],
          [3, 4],
        ],
        [Array(width).fill(0), Array(width).fill(0)],
      );
      expectRadius(points, await perturb(points, 2), 2);
      const away = select(points, [1]);
      const dilated = await perturb(away, 5, { covariances: 'commuting' });
      expectRelative('mean', dilated.means, [6, 8], 1e-15);
      await expectFailure(() => perturb(points, 2, { covariances: 'commuting' }), 'ERR_RANGE', /items.means\[0\]/);
    }
  });

  it('for single precision, whose items are taken as they are', async () => {
    const items = toSingle(ordinary('full', 3, 5));
    const moved = await perturb(items, 0.1, { seed: 1 });
    expect(moved.means).toBeInstanceOf(Float64Array);
    expectRadius({ ...items, covariances: Float64Array.from(items.covariances) }, moved, 0.1);
  });

  it('radius 0 leaves items as they are', async () => {
    for (const covariances of families) {
      const items = ordinary('full', 3, 5);
      const moved = await perturb(items, 0, { covariances });
      expectSameBits('means', moved.means, items.means);
      expectSameBits('covariances', moved.covariances, items.covariances);
    }
  });
});

describe('commuting', () => {
  it.each(['full', 'diagonal', 'isotropic'] as const)('multiplies every item by 1 + r / R: %s', async (structure) => {
    const items = ordinary(structure, 4, 3);
    const moved = await perturb(items, 0.7, { covariances: 'commuting', seed: 1 });
    const factors = reaches(items).map((reach) => 1 + 0.7 / reach);
    const scaled = (values: Gaussians['means'], power: number) =>
      values.map((x, at) => x * (factors[Math.floor((at * items.count) / values.length)] as number) ** power);
    expectRelative('means', moved.means, scaled(items.means, 1), 1e-14);
    expectRelative('covariances', moved.covariances, scaled(items.covariances, 2), 1e-14);
    const again = await perturb(items, 0.7, { covariances: 'commuting', seed: 2 });
    expectSameBits('nothing is left to chance', again.covariances, moved.covariances);
  });
});

describe('general', () => {
  const structures = ['full', 'diagonal', 'isotropic'] as const;

  it.each(structures)('gives half of the squared distance to the covariance: %s', async (structure) => {
    for (const radius of [1e-3, 1, 50]) {
      const items = ordinary(structure, 3, 6);
      const moved = await perturb(items, radius, { seed: 4 });
      const halves = distances(items, { ...moved, means: items.means }).map((distance) => distance ** 2);
      expectRelative('covariance', halves, Array(3).fill(radius ** 2 / 2), 2e-6);
    }
  });

  it.each(structures)('moves means in every direction alike, and variances up: %s', async (structure) => {
    const items = gaussians(
      structure,
      Array(3000).fill([1, 2]),
      Array(3000).fill({ full: [2, 1, 1, 2], diagonal: [2, 3], isotropic: [2] }[structure]),
    );
    const moved = await perturb(items, 1, { seed: 5 });
    const x = Array.from({ length: 3000 }, (_, i) => ((moved.means[2 * i] as number) - 1) * Math.SQRT2);
    const y = Array.from({ length: 3000 }, (_, i) => ((moved.means[2 * i + 1] as number) - 2) * Math.SQRT2);
    const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    // Six standard errors of numbers in [-1, 1].
    const moments = [
      average(x),
      average(y),
      average(x.map((a) => a * a)),
      average(x.map((a, i) => a * (y[i] as number))),
    ];
    expectWithin('directions', moments, [0, 0, 0.5, 0], 0.08);
    const width = items.covariances.length / 3000;
    expect(
      moved.covariances.every(
        (value, at) => (width === 4 && (at % 4) % 3 !== 0) || value >= (items.covariances[at] as number),
      ),
    ).toBe(true);
  });

  it.each(structures)(
    'draws the same for any number of threads and another for another seed: %s',
    async (structure) => {
      const items = ordinary(structure, 30, 12);
      setThreads(1);
      const alone = await perturb(items, 0.5, { seed: 6 });
      for (const count of [2, 5]) {
        setThreads(count);
        const moved = await perturb(items, 0.5, { seed: 6 });
        expectSameBits('means', moved.means, alone.means);
        expectSameBits('covariances', moved.covariances, alone.covariances);
      }
      const other = await perturb(items, 0.5, { seed: 7 });
      expect(other.means.filter((value, at) => value === alone.means[at])).toHaveLength(0);
    },
  );

  it('is not the draw that made the sphere from the same seed', async () => {
    const items = await sampleWassersteinSphere({ count: 400, dimension: 1, covariances: 'general', seed: 1 });
    const moved = await perturb(items, 0.1, { seed: 1 });
    const outwards = items.means.filter((mean, i) => Math.sign(mean) === Math.sign((moved.means[i] as number) - mean));
    expect(Math.abs(outwards.length - 200)).toBeLessThan(60);
  });
});

describe('a batch of many parts', () => {
  // 48 MB: three parts.
  const count = 3_000_000;
  const items: Gaussians = {
    count,
    dimension: 1,
    structure: 'isotropic',
    means: new Float64Array(count).fill(1),
    covariances: new Float64Array(count).fill(4),
  };

  it('is perturbed item by item, and reports how far it has come', async () => {
    const reports: number[] = [];
    const onProgress = ({ completed }: { completed: number }) => {
      reports.push(completed);
    };
    const moved = await perturb(items, 0.25, { seed: 3, onProgress });
    let worst = 0;
    for (let i = 0; i < count; i++) {
      const root = Math.sqrt(moved.covariances[i] as number) - 2;
      worst = Math.max(worst, Math.abs(Math.hypot((moved.means[i] as number) - 1, root) - 0.25));
    }
    expect(worst).toBeLessThan(1e-15 * 4);
    expect(reports.at(-1)).toBe(count);
    expect(reports).toEqual(reports.toSorted((a, b) => a - b));
    // Items of different parts have different random streams.
    const signs = (first: number) => Array.from({ length: 64 }, (_, i) => (moved.means[first + i] as number) > 1);
    expect(signs(0)).not.toEqual(signs(2 ** 20));
  });

  it('names the first bad item by its index in the whole batch', async () => {
    const bad = { ...items, covariances: items.covariances.slice() };
    for (const index of [2_999_999, 2_500_000, 1_200_000]) bad.covariances[index] = -1;
    await expectFailure(() => perturb(bad, 1), 'ERR_NOT_POSITIVE_DEFINITE', /items.covariances\[1200000\]/, '-1');
  });

  it('stops when its signal is aborted', async () => {
    const reason = new Error('enough');
    await expect(perturb(items, 1, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const large = await sampleWassersteinSphere({ count: 40, dimension: 256, covariances: 'commuting' });
    const controller = new AbortController();
    const call = perturb(large, 1, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 20);
    await expect(call).rejects.toBe(reason);
  });
});

describe('bad input', () => {
  const items = ordinary('full', 2, 2);

  it.each([
    [-1, 'radius'],
    [Number.NaN, 'radius'],
    [Number.POSITIVE_INFINITY, 'radius'],
    [1e200, 'radius'],
    [1e-12, 'radius'],
  ])('refuses the radius %s', async (radius, name) => {
    for (const covariances of families) {
      await expectFailure(() => perturb(items, radius, { covariances }), 'ERR_RANGE', name, 'received');
    }
  });

  it('refuses unknown options', async () => {
    const options = { covariances: 'both' } as unknown as PerturbOptions;
    await expectFailure(() => perturb(items, 1, options), 'ERR_RANGE', 'options.covariances', '"both"');
    await expectFailure(() => perturb(items, 1, { seed: 0.5 }), 'ERR_RANGE', 'seed', '0.5');
  });

  it('refuses bad shapes', async () => {
    await expectFailure(() => perturb({ ...items, means: new Float64Array(3) }, 1), 'ERR_SHAPE', 'items.means');
    await expectFailure(() => perturb({ ...items, structure: 'diagonal' }, 1), 'ERR_SHAPE', 'items.covariances');
  });

  it.each(families)('refuses values that no Gaussian has, by name: %s', async (covariances) => {
    const refuse = async (
      structure: 'full' | 'diagonal',
      mean: number,
      covariance: number[],
      code: Parameters<typeof expectFailure>[1],
      name: RegExp,
    ) => {
      const good = structure === 'full' ? [1, 0, 0, 1] : [1, 1];
      const bad = gaussians(
        structure,
        [
          [0, 1],
          [0, mean],
        ],
        [good, covariance],
      );
      await expectFailure(() => perturb(bad, 1, { covariances }), code, name);
    };
    await refuse('full', Number.NaN, [1, 0, 0, 1], 'ERR_NOT_FINITE', /items.means\[1\]\[1\]/);
    await refuse('full', 1, [1, 0, 0, Number.NaN], 'ERR_NOT_FINITE', /items.covariances\[1\]\[1\]\[1\]/);
    await refuse(
      'full',
      1,
      [1, 2, 2, 1],
      'ERR_NOT_POSITIVE_DEFINITE',
      /items.covariances\[1\].*smallest eigenvalue is -1/,
    );
    await refuse('full', 1, [1, 0.5, 0, 1], 'ERR_NOT_POSITIVE_DEFINITE', /symmetric.*items.covariances\[1\]/);
    await refuse('diagonal', 1, [1, -3], 'ERR_NOT_POSITIVE_DEFINITE', /items.covariances\[1\]\[1\].*-3/);
    await refuse('diagonal', 1, [Number.POSITIVE_INFINITY, 1], 'ERR_NOT_FINITE', /items.covariances\[1\]\[0\]/);
  });
});

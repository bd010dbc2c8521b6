/** From covariances with a common basis to full ones and back, the search for a basis, and what else takes one. */
import { describe, expect, it } from 'vitest';
import { sampleWassersteinSphere } from '../../lib/gaussian/sampling.ts';
import { separation } from '../../lib/gaussian/theory.ts';
import { commonBasis, GaussianMemory, type Gaussians, type Matrix, perturb, toBasis, toFull } from '../../lib/index.ts';
import { expectNormwise, expectRelative, expectSameBits, expectWithin } from '../support/assertions.ts';
import { ordinary, select, toSingle } from '../support/batches.ts';
import { check } from '../support/check.ts';
import { build, identity, parameters, randomBasis, writtenOut } from '../support/commuting.ts';
import { TestRandom } from '../support/random.ts';
import { AGREEMENT } from '../support/tolerances.ts';

describe('toFull and toBasis', () => {
  it('there and back', async () => {
    await check(parameters, 40, async (p) => {
      const { items, basis } = build(p);
      const full = await toFull(items);
      expect(full.structure).toBe('full');
      expectNormwise("V diag V'", full.covariances, writtenOut(items).covariances, 1e-14 * p.dimension);
      expectSameBits('means', full.means, items.means);
      const back = await toBasis(full, basis);
      expect([back.structure, back.count, back.basis]).toEqual(['diagonal', p.items, basis]);
      expectNormwise('variances', back.covariances, items.covariances, 1e-14 * p.dimension);
      expectSameBits('means', back.means, items.means);
    });
  });

  it('of other structures', async () => {
    const [diagonal, isotropic] = [ordinary('diagonal', 3, 4), ordinary('isotropic', 3, 4)];
    const rows = (batch: Gaussians, length: number) => Array.from(batch.covariances).slice(0, length);
    expect(rows(await toFull(diagonal), 6)).toEqual([diagonal.covariances[0], 0, 0, 0, 0, diagonal.covariances[1]]);
    expect(rows(await toFull(isotropic), 6)).toEqual([isotropic.covariances[0], 0, 0, 0, 0, isotropic.covariances[0]]);
    const full = ordinary('full', 3, 4);
    expectSameBits('full', (await toFull(toSingle(full))).covariances, toSingle(full).covariances);
    const basis = randomBasis(new TestRandom(1), 4);
    const round = await toBasis(isotropic, basis);
    expectRelative('isotropic', round.covariances.subarray(0, 4), Array(4).fill(isotropic.covariances[0]), 1e-14);
    expectSameBits('diagonal', (await toBasis(diagonal, identity(4))).covariances, diagonal.covariances);
  });

  it('in parts, the same as at once', async () => {
    const d = 40;
    const sample = await sampleWassersteinSphere({ count: 700, dimension: d, covariances: 'commuting', seed: 1 });
    const completed: number[] = [];
    const onProgress = (progress: { completed: number }) => completed.push(progress.completed);
    const along = await toBasis(sample, sample.basis, { onProgress });
    expectRelative('variances', along.covariances, sample.eigenvalues.data, 1e-13);
    expect(completed.at(-1)).toBe(700);
    const full = await toFull(along);
    expectWithin('covariances', full.covariances, sample.covariances, 1e-13);
  });

  it('take what rounding made of zeros for zeros', async () => {
    const { items, basis } = build({ seed: 9, dimension: 12, items: 3, logCondition: 0, logScale: 3 });
    const singular = { ...items, covariances: items.covariances.map((v, at) => (at % 3 === 0 ? 0 : v)) };
    const back = await toBasis(writtenOut(singular), basis);
    back.covariances.forEach((variance, at) => {
      if (at % 3 === 0) expect(variance).toBe(0);
    });
  });

  it('stop when they are told to', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    const { items, basis } = build({ seed: 1, dimension: 3, items: 2, logCondition: 0, logScale: 0 });
    await expect(toFull(items, { signal })).rejects.toBe(reason);
    await expect(toBasis(writtenOut(items), basis, { signal })).rejects.toBe(reason);
    await expect(commonBasis(writtenOut(items), { signal })).rejects.toBe(reason);
  });
});

describe('commonBasis', () => {
  /** All covariances are diagonal in what it finds, and so has a memory of them. */
  async function expectFound(items: Gaussians): Promise<void> {
    const basis = await commonBasis(items);
    if (!basis) expect.fail(`no basis for ${items.count} covariances in ${items.dimension} dimensions`);
    const along = await toBasis(items, basis, { tolerance: 1e-13 });
    expectNormwise('again', (await toFull(along)).covariances, items.covariances, 1e-13 * items.dimension);
  }

  it('of covariances that commute', async () => {
    await check(parameters, 40, async (p) => expectFound(writtenOut(build(p).items)));
  });

  // Without corrections, the vectors of one combination leave 1e-11 here.
  it('of many, with eigenvalues near each other', async () => {
    const options = { covariances: 'commuting', seed: 4 } as const;
    await expectFound(await sampleWassersteinSphere({ ...options, count: 1000, dimension: 50 }));
    await expectFound(await sampleWassersteinSphere({ ...options, count: 12, dimension: 300, range: [1, 1 + 1e-6] }));
  });

  it('of eigenvalues that repeat, multiples of the identity, singular ones and zero', async () => {
    const d = 6;
    const random = new TestRandom(2);
    const basis = randomBasis(random, d);
    const spectra = [
      [1, 1, 1, 2, 2, 2],
      [3, 3, 4, 4, 4, 4],
      [5, 5, 5, 5, 5, 5],
      [1, 1, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0],
      [1e-9, 1e-9, 2e-9, 1e-9, 1e-9, 1e-9],
    ];
    const make = (rows: number[][]): Gaussians =>
      writtenOut({
        count: rows.length,
        dimension: d,
        structure: 'diagonal',
        means: new Float64Array(rows.length * d),
        covariances: Float64Array.from(rows.flat()),
        basis,
      });
    await expectFound(make(spectra));
    for (const spectrum of spectra) await expectFound(make([spectrum, spectrum]));
  });

  it('of nearly commuting ones depends on the tolerance', async () => {
    const { items } = build({ seed: 12, dimension: 7, items: 5, logCondition: 1, logScale: 0 });
    const full = writtenOut(items);
    const disturbed = (size: number): Gaussians => {
      const covariances = Float64Array.from(full.covariances);
      covariances[1] = covariances[7] = (covariances[1] as number) + size;
      return { ...full, covariances };
    };
    expect(await commonBasis(disturbed(1e-14))).toBeDefined();
    expect(await commonBasis(disturbed(1e-6))).toBeUndefined();
    const near = await commonBasis(disturbed(1e-6), { tolerance: 1e-4 });
    expect(near).toBeDefined();
    const along = await toBasis(disturbed(1e-6), near as Matrix, { tolerance: 1e-4 });
    expectWithin('near', (await toFull(along)).covariances, full.covariances, 1e-4);
    expect(await commonBasis(toSingle(full))).toBeDefined();
  });

  it('of others there is none', async () => {
    for (const dimension of [2, 5, 33]) {
      const sample = await sampleWassersteinSphere({ count: 3, dimension, covariances: 'general', seed: dimension });
      expect(await commonBasis(sample)).toBeUndefined();
      await expectFound(select(sample, [1]));
    }
  });

  it('of one dimension, and of diagonal and isotropic ones', async () => {
    expect((await commonBasis(ordinary('full', 4, 1)))?.data.map(Math.abs)).toEqual(Float64Array.of(1));
    expect(await commonBasis(ordinary('diagonal', 4, 3))).toEqual(identity(3));
    expect(await commonBasis(ordinary('isotropic', 4, 3))).toEqual(identity(3));
    const { items, basis } = build({ seed: 2, dimension: 3, items: 2, logCondition: 0, logScale: 0 });
    expect(await commonBasis(items)).toEqual(basis);
  });

  it('reports progress over both passes and is the same every time', async () => {
    const sample = await sampleWassersteinSphere({ count: 900, dimension: 30, covariances: 'commuting', seed: 1 });
    const completed: number[] = [];
    const first = await commonBasis(sample, { onProgress: (progress) => completed.push(progress.completed) });
    expect(completed.at(-1)).toBe(1800);
    expect(await commonBasis(sample)).toEqual(first);
  });
});

describe('other functions', () => {
  it.each(['commuting', 'general'] as const)('perturb keeps the basis and the distance: %s', async (covariances) => {
    const { items, basis } = build({ seed: 13, dimension: 6, items: 4, logCondition: 1, logScale: 0 });
    const moved = await perturb(items, 0.7, { covariances });
    expect([moved.structure, moved.basis]).toEqual(['diagonal', basis]);
    const memory = await GaussianMemory.create(await toFull(items));
    const { data } = await memory.distances(await toFull(moved));
    expectRelative(
      'W2^2',
      [0, 5, 10, 15].map((at) => data[at] as number),
      Array(4).fill(0.49),
      1e-9,
    );
  });

  it('separation is that of the full covariances', async () => {
    const { items } = build({ seed: 14, dimension: 6, items: 5, logCondition: 1, logScale: 0 });
    const shifted = { ...items, means: items.means.map((x) => x + 1000) };
    expectRelative('separation', [separation(items)], [separation(writtenOut(items))], 1e-11);
    expectRelative('shifted', [separation(shifted)], [separation(items)], 1e-10);
  });

  it("a sphere's basis and eigenvalues make a memory of its items", async () => {
    const sample = await sampleWassersteinSphere({ count: 5, dimension: 4, covariances: 'commuting', seed: 3 });
    const { count, dimension, means, basis, eigenvalues } = sample;
    const memory = await GaussianMemory.create({
      count,
      dimension,
      structure: 'diagonal',
      means,
      covariances: eigenvalues.data,
      basis,
    });
    const full = await GaussianMemory.create(sample);
    expect([full.structure, full.basis]).toEqual(['full', undefined]);
    const expected = (await full.distances(sample)).data;
    expectNormwise('distances', (await memory.distances(sample)).data, expected, AGREEMENT);
  });
});

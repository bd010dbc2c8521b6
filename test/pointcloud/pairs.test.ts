/** How sinkhorn and sinkhornDivergence pair clouds and hand results over; their numbers are tested elsewhere. */
import { describe, expect, it } from 'vitest';
import { type Progress, sinkhorn, sinkhornDivergence } from '../../lib/index.ts';
import { expectSameBits, expectWithin } from '../support/assertions.ts';
import { copyOfClouds, selectClouds, someClouds, toSingleClouds } from './batches.ts';

const epsilon = 0.4;
const sources = someClouds(1, [3, 1, 4], 2);
const targets = someClouds(2, [2, 5, 3], 2);

describe('pairs', () => {
  it('are source i with target i, each as alone', async () => {
    const all = await sinkhorn(sources, targets, { epsilon });
    expect([all.count, all.stopped]).toEqual([3, ['converged', 'converged', 'converged']]);
    expect(all.plans.map(({ rows, columns, data }) => [rows, columns, data.length])).toEqual([
      [3, 2, 6],
      [1, 5, 5],
      [4, 3, 12],
    ]);
    expectSameBits('source offsets', all.sourceOffsets, sources.offsets);
    expectSameBits('target offsets', all.targetOffsets, targets.offsets);
    for (let i = 0; i < 3; i++) {
      const one = await sinkhorn(selectClouds(sources, [i]), selectClouds(targets, [i]), { epsilon });
      for (const field of ['values', 'transportCosts', 'marginalErrors', 'iterations'] as const) {
        expectSameBits(field, [all[field][i] as number], one[field]);
      }
      const [begin, end] = [sources.offsets[i], sources.offsets[i + 1]];
      expectSameBits('potentials', all.sourcePotentials.subarray(begin, end), one.sourcePotentials);
      expectSameBits('plan', all.plans[i]?.data as Float64Array, one.plans[0]?.data as Float64Array);
    }
  });

  it('of one cloud with many are that cloud again and again', async () => {
    const one = selectClouds(sources, [0]);
    const repeated = selectClouds(sources, [0, 0, 0]);
    for (const [short, long] of [
      [await sinkhorn(one, targets, { epsilon }), await sinkhorn(repeated, targets, { epsilon })],
      [await sinkhorn(targets, one, { epsilon }), await sinkhorn(targets, repeated, { epsilon })],
    ] as const) {
      expect(short).toEqual(long);
    }
    const options = { epsilon, gradient: true };
    const short = await sinkhornDivergence(one, targets, options);
    expect(short).toEqual(await sinkhornDivergence(repeated, targets, options));
    expect([...(short.sourceOffsets as Int32Array)]).toEqual([0, 3, 6, 9]);
    expect([short.gradients?.length, short.firstVariations?.length]).toEqual([18, 9]);
    const back = await sinkhornDivergence(targets, toSingleClouds(one), { epsilon });
    expectWithin('symmetric', back.values, short.values, 1e-5); // floats
    expect(Object.keys(back).sort()).toEqual(['count', 'iterations', 'marginalErrors', 'stopped', 'values']);
  });

  it('without plans give the same but for the plans', async () => {
    const { plans, ...withPlans } = await sinkhorn(sources, targets, { epsilon });
    const { plans: none, ...without } = await sinkhorn(sources, targets, { epsilon, plans: false });
    expect(without).toEqual(withPlans);
    expect([plans.length, none.length]).toEqual([3, 0]);
  });

  it('that cannot be solved in time say so', async () => {
    const hard = { epsilon: 1e-3, maxSolverIterations: 1, marginalTolerance: 1e-15 };
    const { stopped, marginalErrors } = await sinkhorn(sources, targets, hard);
    expect(stopped).toContain('iterations');
    for (const [i, stop] of stopped.entries()) {
      expect(stop === 'converged').toBe((marginalErrors[i] as number) <= hard.marginalTolerance);
    }
    expect((await sinkhornDivergence(sources, targets, hard)).stopped).toContain('iterations');
  });

  it('read their arrays before the call returns', async () => {
    const own = copyOfClouds(sources);
    const call = sinkhorn(own, targets, { epsilon });
    own.points.fill(Number.NaN);
    own.weights.fill(-1);
    own.offsets.fill(0);
    expect(await call).toEqual(await sinkhorn(sources, targets, { epsilon }));
  });

  it('are solved in parts as in one, with progress', async () => {
    // Two sides of 17.6 MB each: more than is handed over at once.
    const many = someClouds(5, new Array(1100).fill(2), 1000);
    const one = someClouds(6, [3], 1000);
    const seen: Progress[] = [];
    const options = { epsilon: 500, onProgress: (progress: Progress) => seen.push(progress) };
    const all = await sinkhorn(one, many, options);
    expect(seen.at(-1)).toEqual({ completed: 1100, total: 1100 });
    expect([all.plans.length, all.sourcePotentials.length, all.targetPotentials.length]).toEqual([1100, 3300, 2200]);
    const alone = await sinkhorn(one, selectClouds(many, [0, 1099]), { epsilon: 500 });
    expectSameBits('values', [all.values[0], all.values[1099]] as number[], alone.values);
    expectSameBits('plan', all.plans[1099]?.data as Float64Array, alone.plans[1]?.data as Float64Array);
    expectSameBits('last', all.targetPotentials.subarray(-2), alone.targetPotentials.subarray(-2));
    const { values } = await sinkhornDivergence(many, many, { epsilon: 500 });
    expectWithin('of itself', values, new Float64Array(1100), 1e-9); // at costs of about 2000
  });
});

describe('a problem of given costs', () => {
  it('is that of clouds with these costs', async () => {
    const [source, target] = [selectClouds(sources, [2]), selectClouds(targets, [1])];
    const data = Float64Array.from({ length: 20 }, (_, at) => {
      const [k, j] = [Math.floor(at / 5), at % 5];
      const difference = (c: number) => (source.points[2 * k + c] as number) - (target.points[2 * j + c] as number);
      return difference(0) ** 2 + difference(1) ** 2;
    });
    const weights = { rowWeights: Array.from(source.weights), columnWeights: target.weights };
    const problem = { cost: { rows: 4, columns: 5, data }, ...weights };
    const found = await sinkhorn(problem, { epsilon });
    const expected = await sinkhorn(source, target, { epsilon });
    // Costs rounded in another order, and problems solved to 1e-10.
    expectWithin('value', [found.value, found.transportCost], [...expected.values, ...expected.transportCosts], 1e-8);
    expectWithin('plan', found.plan?.data as Float64Array, expected.plans[0]?.data as Float64Array, 1e-9);
    expect(found.plan).toMatchObject({ rows: 4, columns: 5 });
    expect([found.rowPotentials.length, found.columnPotentials.length, found.stopped]).toEqual([4, 5, 'converged']);
    const without = await sinkhorn(problem, { epsilon, plans: false });
    expect(without).not.toHaveProperty('plan');
    expect(without.value).toBe(found.value);
  });
});

/** Equal distributions give equal answers however they are written, batched, viewed or computed. */
import { afterAll, describe, expect, it } from 'vitest';
import { GaussianMemory, type Gaussians, setThreads, threads } from '../../lib/index.ts';
import { expectNormwise, expectSameBits, expectWithin, largest } from '../support/assertions.ts';
import { select, widened } from '../support/batches.ts';
import { type Case, cases } from '../support/cases.ts';
import { check } from '../support/check.ts';

/** Everything a memory answers about a batch, as plain numbers. */
async function answers(items: Gaussians, queries: Gaussians, beta: number) {
  const memory = await GaussianMemory.create(items);
  const next = await memory.step(queries, { beta });
  const found = await memory.retrieve(queries, { beta, tolerance: 0, maxIterations: 3 });
  return {
    distances: (await memory.distances(queries)).data,
    weights: (await memory.weights(queries, { beta })).data,
    energy: await memory.energy(queries, { beta }),
    nearest: (await memory.nearest(queries)).distances,
    means: next.means,
    covariances: next.covariances,
    states: found.states.covariances,
    stateMeans: found.states.means,
    stepLength: found.stepLength,
  };
}

/** A copy of the batch in the middle of larger arrays. */
function asView(batch: Gaussians): Gaussians {
  const view = (values: Gaussians['means']) => {
    const padded = new Float64Array(values.length + 13).fill(Number.NaN);
    padded.set(values, 5);
    return padded.subarray(5, 5 + values.length);
  };
  return { ...batch, means: view(batch.means), covariances: view(batch.covariances) };
}

async function expectStructuresAgree({ itemBatch, queryBatch, beta }: Case, to: 'full' | 'diagonal'): Promise<void> {
  const narrow = await answers(itemBatch, queryBatch, beta);
  const wide = await answers(widened(itemBatch, to), widened(queryBatch, to), beta);
  // Rounding of the roots (condition 1e3): 1e-13 of the width in a distance.
  const extent = largest(itemBatch.covariances) * itemBatch.dimension;
  const moved = (distance: number) => 1e-11 * distance + 1e-12 * Math.sqrt(distance * extent) + 1e-24 * extent;
  expectWithin('distances', wide.distances, narrow.distances, (i) => moved(narrow.distances[i] as number));
  const exponent = beta * moved(largest(narrow.distances));
  expectWithin('weights', wide.weights, narrow.weights, 1e-9 + exponent);
  const states = { ...queryBatch, means: narrow.means, covariances: narrow.covariances };
  expectNormwise('means', wide.means, narrow.means, 1e-9 + exponent);
  expectNormwise('covariances', wide.covariances, widened(states, to).covariances, 1e-9 + exponent);
}

const LIMITS = { maxDimension: 24, maxLogCondition: 3 } as const;

describe('structures', () => {
  it('diagonal memories agree with full ones', async () => {
    await check(cases({ ...LIMITS, structures: ['diagonal'] }), 30, (random) => expectStructuresAgree(random, 'full'));
  });

  it('isotropic memories agree with diagonal and with full ones', async () => {
    await check(cases({ ...LIMITS, structures: ['isotropic'] }), 30, async (random) => {
      await expectStructuresAgree(random, 'diagonal');
      await expectStructuresAgree(random, 'full');
    });
  });
});

describe('batches', () => {
  it('agree with single queries', async () => {
    await check(cases({ ...LIMITS, maxQueries: 7, maxItems: 9 }), 30, async ({ itemBatch, queryBatch, beta }) => {
      const all = await answers(itemBatch, queryBatch, beta);
      const width = Math.sqrt(largest(itemBatch.covariances) * itemBatch.dimension) + largest(itemBatch.means);
      for (let q = 0; q < queryBatch.count; q++) {
        const single = await answers(itemBatch, select(queryBatch, [q]), beta);
        for (const key of Object.keys(all) as (keyof typeof all)[]) {
          const length = single[key].length;
          const part = all[key].subarray(q * length, (q + 1) * length);
          // Blocked products may add in another order: roundings of the largest term, also in an exponent. A length
          // that is zero in theory comes out as rounding of the width, a squared distance as its square.
          const zero = key === 'stepLength' ? 1e-13 * width : (1e-13 * width) ** 2;
          expectWithin(key, part, single[key], 1e-10 * largest(single[key]) + zero);
        }
      }
    });
  });

  it('of full covariances do not change the bits of a query', async () => {
    await check(cases({ ...LIMITS, structures: ['full'], maxQueries: 7, maxItems: 9 }), 20, async (random) => {
      const { itemBatch, queryBatch, beta } = random;
      const all = await answers(itemBatch, queryBatch, beta);
      for (let q = 0; q < queryBatch.count; q++) {
        const single = await answers(itemBatch, select(queryBatch, [q]), beta);
        for (const key of Object.keys(all) as (keyof typeof all)[]) {
          const { length } = single[key];
          expectSameBits(key, all[key].subarray(q * length, (q + 1) * length), single[key]);
        }
      }
    });
  });

  it('of many queries and items (more than a block of either) agree with single queries', async () => {
    await check(
      cases({ structures: ['diagonal', 'isotropic'], minDimension: 3, maxDimension: 5, spreads: [1] }),
      4,
      async (random) => {
        const repeat = (batch: Gaussians, times: number) =>
          select(
            batch,
            Array.from({ length: times }, (_, i) => i % batch.count),
          );
        const items = repeat(random.itemBatch, 1537);
        const many = await answers(items, repeat(random.queryBatch, 301), random.beta);
        const few = await answers(items, random.queryBatch, random.beta);
        for (const key of ['energy', 'nearest', 'covariances', 'stateMeans'] as const) {
          expectNormwise(key, many[key].subarray(0, few[key].length), few[key], 1e-10);
        }
      },
    );
  });

  it('do not depend on whether the arrays are views', async () => {
    await check(cases(LIMITS), 30, async ({ itemBatch, queryBatch, beta }) => {
      const plain = await answers(itemBatch, queryBatch, beta);
      const viewed = await answers(asView(itemBatch), asView(queryBatch), beta);
      for (const key of Object.keys(plain) as (keyof typeof plain)[]) expectSameBits(key, viewed[key], plain[key]);
    });
  });
});

describe('threads', () => {
  const initial = threads();
  afterAll(() => setThreads(initial));

  it('one and two give the same bits', async () => {
    await check(
      cases({ maxDimension: 40, maxItems: 12, maxQueries: 9 }),
      40,
      async ({ itemBatch, queryBatch, beta }) => {
        setThreads(1);
        const one = await answers(itemBatch, queryBatch, beta);
        for (const count of [2, 5]) {
          setThreads(count);
          const more = await answers(itemBatch, queryBatch, beta);
          for (const key of Object.keys(one) as (keyof typeof one)[]) expectSameBits(key, more[key], one[key]);
        }
      },
    );
  });

  it('the same call twice gives the same bits', async () => {
    setThreads(initial);
    await check(
      cases({ maxDimension: 40, maxItems: 12, maxQueries: 9 }),
      20,
      async ({ itemBatch, queryBatch, beta }) => {
        const first = await answers(itemBatch, queryBatch, beta);
        const second = await answers(itemBatch, queryBatch, beta);
        for (const key of Object.keys(first) as (keyof typeof first)[]) expectSameBits(key, second[key], first[key]);
      },
    );
  });

  it('setThreads says what it takes', () => {
    setThreads(2);
    expect(threads()).toBe(2);
    for (const wrong of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => setThreads(wrong)).toThrow(expect.objectContaining({ code: 'ERR_RANGE' }));
    }
    expect(threads()).toBe(2);
  });
});

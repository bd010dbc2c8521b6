/** Seeded random numbers: the generators' definitions, the distributions, and that everything follows from the seed. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../lib/core/random.ts';
import { expectFailure, expectWithin } from '../support/assertions.ts';

/** What seed 1 gives first; a change would change every seeded result. */
const PINNED = [0.641880635054016, 0.07502972375200642, 307, 75, 54, 78];

const bits = (value: bigint) => BigInt.asUintN(64, value);
const rotate = (value: bigint, by: bigint) => bits((value << by) | (value >> (64n - by)));

/** xoroshiro128+ on 64-bit words, as its authors wrote it down, its state two numbers of SplitMix64. */
function* published(seed: bigint): Generator<bigint, never> {
  const [a, b] = [1n, 2n].map((step) => {
    let z = bits(seed + step * 0x9e3779b97f4a7c15n);
    z = bits((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = bits((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  }) as [bigint, bigint];
  for (let [s0, s1] = [a, b]; ; ) {
    yield bits(s0 + s1);
    s1 ^= s0;
    s0 = rotate(s0, 24n) ^ s1 ^ bits(s1 << 16n);
    s1 = rotate(s1, 37n);
  }
}

function moments(values: readonly number[]): { mean: number; variance: number; kurtosis: number } {
  const average = (f: (x: number) => number) => values.reduce((sum, x) => sum + f(x), 0) / values.length;
  const mean = average((x) => x);
  const variance = average((x) => (x - mean) ** 2);
  return { mean, variance, kurtosis: average((x) => (x - mean) ** 4) / variance ** 2 };
}

/** Every count is within six standard deviations of what equal chances give. */
function expectEqualChances(counts: readonly number[]): void {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  expectWithin('counts', counts, Array(counts.length).fill(expected), 6 * Math.sqrt(expected));
}

function tally<T>(keys: readonly T[], draws: number, draw: () => T): number[] {
  const counts = new Map(keys.map((key) => [key, 0]));
  for (let i = 0; i < draws; i++) {
    const key = draw();
    counts.set(key, (counts.get(key) ?? Number.NaN) + 1);
  }
  expect([...counts.keys()]).toEqual(keys);
  return [...counts.values()];
}

describe('Random', () => {
  it.each([0n, 1n, 20260722n, 2n ** 64n - 1n])('is xoroshiro128+ seeded by SplitMix64: seed %s', (seed) => {
    const random = new Random(seed);
    const words = published(seed);
    const low = (count: bigint) => Number(words.next().value & ((1n << count) - 1n));
    for (let i = 0; i < 100; i++) expect(random.uniform()).toBe(low(26n) * 2 ** -26 + low(27n) * 2 ** -53);
  });

  it('gives the same numbers everywhere', () => {
    const random = new Random(1);
    expect([random.uniform(), random.normal(), random.integer(1000), ...random.sample(3, 100)]).toEqual(PINNED);
  });

  it('takes numbers and bigints, negative ones in two’s complement', () => {
    const first = (seed: number | bigint) => new Random(seed).uniform();
    expect(first(7)).toBe(first(7n));
    expect(first(-1)).toBe(first(2n ** 64n - 1n));
    expect(new Set([0, 1, -1, 2 ** 32, Number.MAX_SAFE_INTEGER].map(first)).size).toBe(5);
  });

  it.each([1.5, Number.NaN, 2 ** 53, 2n ** 64n, -(2n ** 63n) - 1n, '1', undefined])(
    'refuses the seed %s',
    async (seed) => {
      await expectFailure(() => new Random(seed as number), 'ERR_RANGE', 'seed', /Expected .* but received/);
    },
  );

  it('uniform: on [0, 1), with the moments of the uniform distribution', () => {
    const random = new Random(2);
    const values = Array.from({ length: 100_000 }, () => random.uniform());
    expect(values.every((x) => x >= 0 && x < 1)).toBe(true);
    const { mean, variance, kurtosis } = moments(values);
    expectWithin('moments', [mean, variance, kurtosis], [1 / 2, 1 / 12, 9 / 5], 0.01);
  });

  it('normal: moments and tails of the standard normal distribution', () => {
    const random = new Random(3);
    const values = Array.from({ length: 200_000 }, () => random.normal());
    const { mean, variance, kurtosis } = moments(values);
    expectWithin('mean', [mean], [0], 0.015);
    expectWithin('variance', [variance], [1], 0.02);
    expectWithin('kurtosis', [kurtosis], [3], 0.07);
    const shareBelow = (bound: number) => values.filter((x) => x < bound).length / values.length;
    const normalCdf = [0.0013499, 0.0227501, 0.1586553, 0.5, 0.8413447, 0.9772499, 0.9986501];
    expectWithin('distribution', [-3, -2, -1, 0, 1, 2, 3].map(shareBelow), normalCdf, 0.006);
  });

  it('integer: every value below the bound equally often', async () => {
    const random = new Random(4);
    expectEqualChances(tally([0, 1, 2, 3, 4, 5, 6], 70_000, () => random.integer(7)));
    expect(random.integer(1)).toBe(0);
    const large = Array.from({ length: 1000 }, () => random.integer(Number.MAX_SAFE_INTEGER));
    expect(large.every((x) => Number.isSafeInteger(x) && x >= 0)).toBe(true);
    expect(Math.max(...large)).toBeGreaterThan(0.99 * Number.MAX_SAFE_INTEGER);
    for (const bound of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
      await expectFailure(() => random.integer(bound), 'ERR_RANGE', 'bound', String(bound));
    }
  });

  it('shuffle: every order equally often, in place, any array', () => {
    const random = new Random(5);
    const orders = ['012', '021', '102', '120', '201', '210'];
    expectEqualChances(tally(orders, 60_000, () => random.shuffle([0, 1, 2]).join('')));
    const typed = Int32Array.from({ length: 100 }, (_, i) => i);
    expect(random.shuffle(typed)).toBe(typed);
    expect([...typed].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(random.shuffle([])).toEqual([]);
  });

  it('sample: distinct numbers, every selection in every order equally often', async () => {
    const random = new Random(6);
    const pairs = [0, 1, 2, 3].flatMap((a) => [0, 1, 2, 3].filter((b) => b !== a).map((b) => `${a}${b}`));
    expectEqualChances(tally(pairs, 60_000, () => random.sample(2, 4).join('')));
    const all = random.sample(1000, 1000);
    expect(all).toBeInstanceOf(Int32Array);
    expect([...all].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(new Set(random.sample(5000, 2 ** 31)).size).toBe(5000);
    expect(random.sample(0, 3)).toHaveLength(0);
    await expectFailure(() => random.sample(4, 3), 'ERR_RANGE', 'count', '4');
    await expectFailure(() => random.sample(0, 0), 'ERR_RANGE', 'bound', '0');
    await expectFailure(() => random.sample(-1, 3), 'ERR_RANGE', 'count', '-1');
  });

  it('fork: other numbers, which follow from the seed too', () => {
    const numbers = (random: Random) => Array.from({ length: 50 }, () => random.uniform());
    const parent = new Random(8);
    const children = [parent.fork(), parent.fork()].map(numbers);
    const again = new Random(8);
    expect(numbers(again.fork())).toEqual(children[0]);
    expect(new Set([...children.flat(), ...numbers(parent)]).size).toBe(150);
  });
});

import { types } from 'node:util';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { zeros } from './allocation.ts';
import { fitsInMemory } from './availableMemory.ts';
import { describe } from './describe.ts';
import { integer, isArray, rangeError, shapeError } from './validate.ts';

/** Seed of all random choices of a call: a safe integer, or a bigint of at most 64 bits. */
export type Seed = number | bigint;

/** An array, ordinary or typed, whose elements can be exchanged. */
export interface Shufflable<T> {
  readonly length: number;
  [index: number]: T;
}

/** Indices are returned as 32-bit integers. */
const GREATEST_BOUND = 2 ** 31;

/** A Map holds at most 2^24 entries. */
const greatestMoved = 2 ** 20;

/**
 * Seeded random numbers. A seed gives the same numbers on every platform and in every version of Node: the generator
 * uses only integer arithmetic, additions, multiplications and divisions.
 */
export class Random {
  private readonly generator: RandomGenerator;

  /** @throws DenseamError ERR_RANGE if the seed is neither a safe integer nor a bigint from -2^63 to 2^64 - 1. */
  constructor(seed: Seed) {
    const words = splitmix(seedBits(seed));
    const state = [words.next(), words.next()].flatMap(({ value }) => [high(value), low(value)]);
    this.generator = xoroshiro128plusFromState(state);
  }

  /** Uniform on [0, 1), a multiple of 2^-53. */
  uniform(): number {
    return uniformFloat64(this.generator);
  }

  /**
   * Standard normal: the ratio of two uniform numbers (Kinderman and Monahan 1977) with Leva's quick tests (1992). The
   * logarithm, whose last bit engines may choose, only decides between keeping and rejecting; it never enters the
   * number.
   */
  normal(): number {
    for (;;) {
      const u = 1 - this.uniform();
      const v = 1.7156 * (this.uniform() - 0.5);
      const x = u - 0.449871;
      const y = Math.abs(v) + 0.386595;
      const q = x * x + y * (0.196 * y - 0.25472 * x);
      if (q < 0.27597 || (q <= 0.27846 && v * v <= -4 * u * u * Math.log(u))) return v / u;
    }
  }

  /**
   * A whole number from 0 to `bound` - 1, all equally likely.
   * @throws DenseamError ERR_RANGE if the bound is not a safe integer of at least 1.
   */
  integer(bound: number): number {
    integer('bound', bound, 1, Number.MAX_SAFE_INTEGER);
    return uniformInt(this.generator, 0, bound - 1);
  }

  /**
   * Shuffles the elements in place and returns the array. Runs at once, in about 20 ns an element.
   * @throws DenseamError ERR_SHAPE for a value that is no array.
   */
  shuffle<A extends Shufflable<unknown>>(array: A): A {
    if (!isArray(array) && !types.isTypedArray(array)) throw shapeError('array', 'an array', describe(array));
    const elements: Shufflable<unknown> = array;
    for (let last = elements.length - 1; last > 0; last--) {
      const other = uniformInt(this.generator, 0, last);
      const element = elements[last];
      elements[last] = elements[other];
      elements[other] = element;
    }
    return array;
  }

  /**
   * `count` distinct whole numbers from 0 to `bound` - 1 in random order: every selection and every order is equally
   * likely. Runs at once. Takes time and memory in proportion to `count`; above a million of them, to `bound`.
   * @throws DenseamError ERR_RANGE if the bound is not from 1 to 2^31 or the count is not from 0 to the bound;
   * ERR_OUT_OF_MEMORY.
   */
  sample(count: number, bound: number): Int32Array {
    integer('bound', bound, 1, GREATEST_BOUND);
    integer('count', count, 0, bound);
    if (count > greatestMoved) return this.#manyOf(count, bound);
    // The first steps of a shuffle of 0 .. bound - 1 that stores only the elements that moved.
    const moved = new Map<number, number>();
    return Int32Array.from({ length: count }, (_, position) => {
      const chosen = uniformInt(this.generator, position, bound - 1);
      const value = moved.get(chosen) ?? chosen;
      moved.set(chosen, moved.get(position) ?? position);
      moved.delete(position);
      return value;
    });
  }

  /** Takes the steps of {@link sample} with all elements stored, for the same numbers: a Map cannot hold so many. */
  #manyOf(count: number, bound: number): Int32Array {
    fitsInMemory('the sample', (bound + count) * Int32Array.BYTES_PER_ELEMENT);
    const elements = zeros('the sample', Int32Array, bound);
    for (let i = 0; i < bound; i++) elements[i] = i;
    for (let position = 0; position < count; position++) {
      const chosen = uniformInt(this.generator, position, bound - 1);
      const value = elements[chosen] as number;
      elements[chosen] = elements[position] as number;
      elements[position] = value;
    }
    return elements.slice(0, count);
  }

  /** A new generator, seeded from this one's next 64 bits: for a part that must not disturb the numbers of the rest. */
  fork(): Random {
    const words = [this.generator.next(), this.generator.next()].map((word) => BigInt(word >>> 0));
    return new Random(((words[0] as bigint) << 32n) | (words[1] as bigint));
  }
}

/**
 * The 64 bits of a seed; negative ones in two's complement.
 * @throws DenseamError ERR_RANGE if it is neither a safe integer nor a bigint from -2^63 to 2^64 - 1.
 */
export function seedBits(seed: Seed, name = 'seed'): bigint {
  const isBits = typeof seed === 'bigint' && seed >= -(2n ** 63n) && seed < 2n ** 64n;
  if (!isBits && !Number.isSafeInteger(seed)) {
    throw rangeError(name, 'a safe integer or a bigint from -2^63 to 2^64 - 1', seed);
  }
  return BigInt.asUintN(64, BigInt(seed));
}

/** A seed among options. */
export function aSeed(name: string, value: unknown): Seed {
  seedBits(value as Seed, name);
  return value as Seed;
}

/** Steele, Lea and Flood's SplitMix64: spreads seeds that differ in one bit over all states of another generator. */
function* splitmix(seed: bigint): Generator<bigint, never> {
  for (let state = seed; ; ) {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    yield z ^ (z >> 31n);
  }
}

function high(word: bigint): number {
  return Number(BigInt.asIntN(32, word >> 32n));
}

function low(word: bigint): number {
  return Number(BigInt.asIntN(32, word));
}

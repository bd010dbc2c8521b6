/** What does not fit is a coded error, whether memory is short or no array is that long. */
import { describe, expect, it } from 'vitest';
import { allocate, copied, zeros } from '../../lib/core/allocation.ts';
import { sorted } from '../../lib/core/sorted.ts';
import { atOnce, inTurns, type Steps } from '../../lib/core/turns.ts';
import {
  estimateBasinRadius,
  measureCloudRecall,
  PointCloudMemory,
  Random,
  samplePointClouds,
} from '../../lib/index.ts';
import { expectFailure, expectSameBits } from '../support/assertions.ts';
import { clouds, grid } from './smallest.ts';

describe('arrays', () => {
  it('are allocated, or refused by name', async () => {
    expect(zeros('numbers', Float64Array, 3)).toEqual(new Float64Array(3));
    expect(copied('numbers', Int32Array.of(1, 2))).toEqual(Int32Array.of(1, 2));
    await expectFailure(() => zeros('the numbers', Float64Array, 2 ** 50), 'ERR_OUT_OF_MEMORY', 'the numbers');
    // What the engine refuses although there seems to be room.
    const refused = () => allocate('the numbers', 8, () => new Float64Array(2 ** 52));
    const { cause } = await expectFailure(refused, 'ERR_OUT_OF_MEMORY', 'the numbers');
    expect(cause).toBeInstanceOf(RangeError);
  });
});

describe('steps', () => {
  it('sort as one sort does', () => {
    for (const length of [0, 1, 2, 8192, 8193, 20_000, 100_000]) {
      const random = new Random(length);
      const numbers = Float64Array.from({ length }, () => random.uniform());
      expectSameBits(`${length} numbers`, atOnce(sorted(numbers.slice())), numbers.slice().sort());
    }
  });

  it('let other events have their turn, and hear the signal', async () => {
    function* endless(): Steps<void> {
      for (;;) yield;
    }
    const reason = new Error('enough');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 20);
    await expect(inTurns(endless(), controller.signal)).rejects.toBe(reason);
  });
});

describe('huge counts', () => {
  it('are refused where they cannot fit', async () => {
    await expectFailure(() => measureCloudRecall({ ...grid, trials: 1e14 }), 'ERR_OUT_OF_MEMORY', 'queries');
    const memory = await PointCloudMemory.create(clouds, { epsilon: 0.1 });
    await expectFailure(() => estimateBasinRadius(memory, 0, { beta: 1, trials: 1e14 }), 'ERR_OUT_OF_MEMORY');
    await expectFailure(() => samplePointClouds({ count: 1e9, dimension: 1, points: 4 }), 'ERR_SHAPE', '2147483647');
  });

  it('of a sample: the same numbers, whichever way they are kept', () => {
    const [few, many] = [new Random(5), new Random(5)];
    const half = 2 ** 20; // up to here a Map, beyond it an array
    expectSameBits('samples', many.sample(half + 1, half + 7).subarray(0, half), few.sample(half, half + 7));
  });
});

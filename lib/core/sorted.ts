import { zeros } from './allocation.ts';
import type { Steps } from './turns.ts';

/** Sorting this many numbers takes about a millisecond. */
const blockLength = 2 ** 13;

/** The numbers in ascending order. They may be sorted in place, or end in another array. */
export function* sorted(numbers: Float64Array): Steps<Float64Array> {
  for (let begin = 0; begin < numbers.length; begin += blockLength) {
    numbers.subarray(begin, begin + blockLength).sort();
    yield;
  }
  let [from, to] = [
    numbers,
    numbers.length > blockLength ? zeros('the sorted numbers', Float64Array, numbers.length) : numbers,
  ];
  for (let width = blockLength; width < numbers.length; width *= 2) {
    for (let begin = 0; begin < numbers.length; begin += 2 * width) yield* merge(from, to, begin, width);
    [from, to] = [to, from];
  }
  return from;
}

/** Merges two sorted runs of `width` numbers from `begin` on. */
function* merge(from: Float64Array, to: Float64Array, begin: number, width: number): Steps<void> {
  const middle = Math.min(begin + width, from.length);
  const end = Math.min(begin + 2 * width, from.length);
  let [left, right] = [begin, middle];
  for (let at = begin; at < end; at++) {
    const takesLeft = left < middle && (right >= end || (from[left] as number) <= (from[right] as number));
    to[at] = from[takesLeft ? left++ : right++] as number;
    if (at % blockLength === 0) yield;
  }
}

import { mean } from 'd3-array';
import { rangeError } from './check.ts';

/** Share of the values for which a condition holds. */
export function shareOf<T>(values: Iterable<T>, holds: (value: T, index: number) => boolean): number {
  let [count, hits] = [0, 0];
  for (const value of values) if (holds(value, count++)) hits++;
  return hits / count;
}

/** A share to a tenth of a per cent. */
export function percent(share: number): string {
  return `${Math.round(1000 * share) / 10} %`;
}

/**
 * Lower empirical quantile: the least value with at least this share of the values at or below it. d3-array's
 * interpolates.
 */
export function quantile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
}

/** Checks that a list of one or more numbers ascends. */
export function ascending(name: string, list: readonly number[]): void {
  if (list.length === 0) throw rangeError(name, 'an array of numbers', list);
  const at = list.findIndex((value, i) => i > 0 && !(value > (list[i - 1] as number)));
  if (at >= 0) throw rangeError(`${name}[${at}]`, 'a number above the one before it', list[at]);
}

/**
 * The middle of the values in order, or the mean of the two in the middle. d3-array's a + (b - a) / 2 rounds
 * differently from (a + b) / 2, the published figures' definition.
 */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.subarray(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  return mean(middle) as number;
}

import { expect, it } from 'vitest';
import { ascending, percent, quantile, shareOf } from '../../../experiments/core/statistics.ts';

it('shares and quantiles count', () => {
  expect(shareOf([1, 5, 7, 9], (value, at) => value > 4 && at < 3)).toBe(0.5);
  expect([0, 0.25, 0.26, 1].map((share) => quantile([4, 1, 3, 2], share))).toEqual([1, 1, 2, 4]);
  expect(percent(0.9674)).toBe('96.7 %');
  expect(() => ascending('counts', [1, 2, 2])).toThrow('counts[2]');
  expect(() => ascending('counts', [])).toThrow('counts');
});

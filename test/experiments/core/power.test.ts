import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { power } from '../../../experiments/core/power.ts';

it('has the same last bits on every Node: 100,000 powers', () => {
  const powers = Float64Array.from({ length: 100_000 }, (_, at) => power(at / 7, 0.05 * (at % 41) - 1));
  // Taken on Node 20, 22, 24 and 26, where those of Math.pow are of two kinds.
  const hash = createHash('sha256').update(powers).digest('hex');
  expect(hash).toBe('1d5fc1be4f9bc1009ca776ce53d0aea94c009d2670a2ef92750c670737330634');
});

it('is a power', () => {
  expect([power(0, 0.75), power(0, 0), power(3, 0), power(1, 5)]).toEqual([0, 1, 1, 1]);
  for (let base = 1e-3; base < 1e6; base *= 1.7) {
    // The rounding of the logarithm, at most 14, is multiplied by the exponent.
    expect(Math.abs(power(base, 0.75) / base ** 0.75 - 1)).toBeLessThan(16 * 2 ** -53);
  }
});

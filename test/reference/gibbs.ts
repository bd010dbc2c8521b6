import { type Extended, subtract, toNumber } from './extended.ts';

/** D_i - min D and min D: the shift without which exp(-beta D) under- or overflows. */
function shifted(distances: readonly Extended[]): { smallest: Extended; excess: number[] } {
  const smallest = distances.reduce((least, distance) => (subtract(distance, least)[0] < 0 ? distance : least));
  return { smallest, excess: distances.map((distance) => toNumber(subtract(distance, smallest))) };
}

/** w_i = exp(-beta D_i) / sum_j exp(-beta D_j). */
export function gibbsWeights(distances: readonly Extended[], beta: number): Float64Array {
  const powers = shifted(distances).excess.map((excess) => Math.exp(-beta * excess));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return Float64Array.from(powers, (power) => power / total);
}

/** E = -(1/beta) log sum_i exp(-beta D_i) = D - log1p(s) / beta, D the least distance and s the sum over all others. */
export function energyOf(distances: readonly Extended[], beta: number): number {
  const { smallest, excess } = shifted(distances);
  const nearest = excess.indexOf(0);
  const others = excess.reduce((sum, value, i) => (i === nearest ? sum : sum + Math.exp(-beta * value)), 0);
  return toNumber(smallest) - Math.log1p(others) / beta;
}

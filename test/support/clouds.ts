import fc from 'fast-check';
import type { NativeClouds } from '../../lib/native/addon.ts';
import { type Cloud, costsOf } from '../reference/pointCloud.ts';
import { type Row, sum } from '../reference/sinkhorn.ts';
import { TestRandom } from './random.ts';

/** Equal weights on the line. */
export function lineCloud(points: Row): Cloud {
  return { points: points.map((x) => [x]), weights: points.map(() => 1 / points.length) };
}

export function linspace(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, k) => from + ((to - from) * k) / (count - 1));
}

export function normalisedWeights(masses: Row): Row {
  const total = sum(masses);
  return masses.map((mass) => mass / total);
}

/** Standard normal points; weights over a factor of about ten. */
export function randomCloud(random: TestRandom, size: number, dimension: number): Cloud {
  const points = Array.from({ length: size }, () => [...random.normals(dimension)]);
  return { points, weights: normalisedWeights(points.map(() => 0.1 + random.uniform())) };
}

export interface CloudPair {
  readonly seed: number;
  readonly source: Cloud;
  readonly target: Cloud;
  readonly epsilon: number;
}

export interface CloudLimits {
  readonly maxPoints?: number;
  readonly maxDimension?: number;
  /** Logarithms of epsilon over the mean cost, to base 10. */
  readonly logEpsilons?: readonly number[];
}

/** Two clouds apart by about their width, of sizes and weights of their own. */
export function clouds(limits: CloudLimits = {}): fc.Arbitrary<CloudPair> {
  const size = fc.integer({ min: 1, max: limits.maxPoints ?? 30 });
  return fc
    .record({
      seed: fc.nat(),
      sizes: fc.tuple(size, size),
      dimension: fc.integer({ min: 1, max: limits.maxDimension ?? 6 }),
      logEpsilon: fc.constantFrom(...(limits.logEpsilons ?? [-3, -2, -1, 0, 1, 2])),
    })
    .map(({ seed, sizes, dimension, logEpsilon }) => {
      const random = new TestRandom(seed);
      const source = randomCloud(random, sizes[0], dimension);
      const shift = random.normals(dimension);
      const target = transformed(randomCloud(random, sizes[1], dimension), (x) =>
        x.map((v, c) => v + (shift[c] as number)),
      );
      return { seed, source, target, epsilon: 10 ** logEpsilon * meanCost(source, target) };
    });
}

export function meanCost(source: Cloud, target: Cloud): number {
  const costs = costsOf(source, target).flat();
  return sum(costs) / costs.length;
}

/** The cloud's weights at other points. */
export function transformed(cloud: Cloud, map: (x: Row) => Row): Cloud {
  return { ...cloud, points: cloud.points.map(map) };
}

/** As the addon takes them. */
export function batchOf(clouds: readonly Cloud[], name: string): NativeClouds {
  const offsets = new Int32Array(clouds.length + 1);
  clouds.forEach((cloud, i) => {
    offsets[i + 1] = (offsets[i] as number) + cloud.weights.length;
  });
  const points = Float64Array.from(clouds.flatMap((cloud) => cloud.points.flat()));
  const weights = Float64Array.from(clouds.flatMap((cloud) => cloud.weights));
  return { count: clouds.length, offsets, points, weights, name, firstPoint: 0 };
}

import type { FloatArray, PointClouds } from '../../lib/index.ts';
import { TestRandom } from '../support/random.ts';

/** Clouds of these sizes: standard normal points about a centre of their own, weights over a factor of about ten. */
export function someClouds(seed: number, sizes: readonly number[], dimension: number): PointClouds {
  const random = new TestRandom(seed);
  const clouds = sizes.map((size) => {
    const centre = random.normals(dimension);
    const masses = Array.from({ length: size }, () => 0.1 + random.uniform());
    const sum = masses.reduce((total, mass) => total + mass, 0);
    return {
      points: masses.flatMap(() => Array.from(random.normals(dimension), (x, c) => x + 2 * (centre[c] as number))),
      weights: masses.map((mass) => mass / sum),
    };
  });
  return {
    count: sizes.length,
    dimension,
    offsets: offsetsOfSizes(sizes),
    points: Float64Array.from(clouds.flatMap(({ points }) => points)),
    weights: Float64Array.from(clouds.flatMap(({ weights }) => weights)),
  };
}

export function offsetsOfSizes(sizes: readonly number[]): Int32Array {
  const offsets = new Int32Array(sizes.length + 1);
  sizes.forEach((size, i) => {
    offsets[i + 1] = (offsets[i] as number) + size;
  });
  return offsets;
}

/** The clouds at these indices, in this order. */
export function selectClouds(batch: PointClouds, indices: readonly number[]): PointClouds {
  const { dimension, offsets } = batch;
  const ranges = indices.map((i) => [offsets[i] as number, offsets[i + 1] as number] as const);
  const gather = (values: FloatArray, width: number) =>
    Float64Array.from(ranges.flatMap(([begin, end]) => [...values.subarray(begin * width, end * width)]));
  return {
    count: indices.length,
    dimension,
    offsets: offsetsOfSizes(ranges.map(([begin, end]) => end - begin)),
    points: gather(batch.points, dimension),
    weights: gather(batch.weights, 1),
  };
}

export function copyOfClouds(batch: PointClouds): PointClouds {
  const { offsets, points, weights } = batch;
  return { ...batch, offsets: offsets.slice(), points: points.slice(), weights: weights.slice() };
}

export function toSingleClouds(batch: PointClouds): PointClouds {
  return { ...batch, points: Float32Array.from(batch.points), weights: Float32Array.from(batch.weights) };
}

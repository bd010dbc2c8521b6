import { describe, expect, it } from 'vitest';
import {
  blurScale,
  derivativeScale,
  describeImages,
  featureCount,
  gradients,
  pixelFeatures,
} from '../../../../experiments/shared/images/features.ts';
import {
  blockMask,
  fullMask,
  type ImageSize,
  type Mask,
  randomMask,
} from '../../../../experiments/shared/images/masks.ts';
import { Random } from '../../../../lib/core/random.ts';
import { TestRandom } from '../../../support/random.ts';

const size: ImageSize = { height: 14, width: 17 };
const pixels = size.height * size.width;

function noise(seed: number): Float64Array {
  const random = new TestRandom(seed);
  return Float64Array.from({ length: pixels }, () => random.uniform());
}

const masks: [string, Mask][] = [
  ['nothing', fullMask(size)],
  ['pixels at random', randomMask(size, 0.2, new Random(7))],
  ['a block', blockMask(size, 6, new Random(8))],
];

type Three = [number, number, number];

const cross = (a: Three, b: Three): Three => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const dot = (a: Three, b: Three) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** Solves x [a b c] = r by Cramer's rule, the matrix given by its columns. */
function solve3(a: Three, b: Three, c: Three, r: Three): Three {
  const determinant = dot(a, cross(b, c));
  return [dot(r, cross(b, c)) / determinant, dot(a, cross(r, c)) / determinant, dot(a, cross(b, r)) / determinant];
}

/** The features of a pixel from their definition: windows pixel by pixel, the plane by its 3 x 3 normal equations. */
function slowFeatures(image: Float64Array, mask: Mask, pixel: number): number[] {
  const [row, column] = [Math.floor(pixel / size.width), pixel % size.width];
  const columns: [Three, Three, Three] = [
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ];
  const right: Three = [0, 0, 0];
  let [blurred, total] = [0, 0];
  for (const [other, intensity] of image.entries()) {
    const [dy, dx] = [Math.floor(other / size.width) - row, (other % size.width) - column];
    const reach = Math.max(Math.abs(dx), Math.abs(dy));
    if (!mask[other]) continue;
    if (reach <= Math.ceil(2.5 * blurScale)) {
      const weight = Math.exp(-(dx ** 2 + dy ** 2) / (2 * blurScale ** 2));
      blurred += weight * intensity;
      total += weight;
    }
    if (reach > Math.ceil(2.5 * derivativeScale)) continue;
    const weight = Math.exp(-(dx ** 2 + dy ** 2) / (2 * derivativeScale ** 2));
    const basis: Three = [1, dx, dy];
    for (const i of [0, 1, 2] as const) {
      right[i] += weight * basis[i] * intensity;
      for (const j of [0, 1, 2] as const) columns[j][i] += weight * basis[i] * basis[j];
    }
  }
  const [, gx, gy] = solve3(...columns, right);
  const position = [(column + 0.5) / size.width, (row + 0.5) / size.height];
  return [...position, image[pixel] as number, gx, gy, Math.sqrt(gx ** 2 + gy ** 2), blurred / total];
}

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, at) => Math.abs(value - (b[at] as number))));

describe('pixel features', () => {
  it.each(masks)('agree with their definition when %s is missing', (_, mask) => {
    const image = noise(1);
    const fast = pixelFeatures(image, mask, size);
    for (let pixel = 0; pixel < pixels; pixel++) {
      if (!mask[pixel]) continue;
      const row = fast.subarray(pixel * featureCount, (pixel + 1) * featureCount);
      expect(largestDifference(row, slowFeatures(image, mask, pixel))).toBeLessThan(1e-12);
    }
  });

  it.each(masks)('see no edge in a constant region when %s is missing', (_, mask) => {
    const { gx, gy } = gradients(new Float64Array(pixels).fill(0.7), mask, size);
    expect(Math.max(...gx.map(Math.abs), ...gy.map(Math.abs))).toBeLessThan(1e-12);
  });

  it.each(masks)('find the slopes of a plane, at its border too, when %s is missing', (_, mask) => {
    const plane = Float64Array.from(
      { length: pixels },
      (_, at) => 0.03 * (at % size.width) - 0.02 * Math.floor(at / size.width),
    );
    const { gx, gy } = gradients(plane, mask, size);
    for (let pixel = 0; pixel < pixels; pixel++) {
      if (!mask[pixel]) continue;
      expect(gx[pixel]).toBeCloseTo(0.03, 12);
      expect(gy[pixel]).toBeCloseTo(-0.02, 12);
    }
  });

  it('take the slope as zero where the pixels present lie on a line', () => {
    const line = Uint8Array.from({ length: pixels }, (_, pixel) => (Math.floor(pixel / size.width) === 5 ? 1 : 0));
    const { gx, gy } = gradients(noise(2), line, size);
    expect(gx.every((slope) => slope === 0) && gy.every((slope) => slope === 0)).toBe(true);
  });
});

describe('descriptors', () => {
  it.each(masks)('are the intensity-weighted moments of the features when %s is missing', async (_, mask) => {
    const image = noise(3);
    const rows: [number, number[]][] = [];
    for (let pixel = 0; pixel < pixels; pixel++) {
      if (mask[pixel]) rows.push([image[pixel] as number, slowFeatures(image, mask, pixel)]);
    }
    const total = rows.reduce((sum, [weight]) => sum + weight, 0);
    const average = (value: (features: number[]) => number) =>
      rows.reduce((sum, [weight, features]) => sum + (weight / total) * value(features), 0);
    const mean = Array.from({ length: featureCount }, (_, i) => average((f) => f[i] as number));
    const covariance = mean.flatMap((a, i) =>
      mean.map((b, j) => average((f) => ((f[i] as number) - a) * ((f[j] as number) - b))),
    );

    const described = await describeImages([image], [mask], size);
    expect(described).toMatchObject({ count: 1, dimension: 7, structure: 'full' });
    expect(largestDifference(described.means, mean)).toBeLessThan(1e-12);
    expect(largestDifference(described.covariances, covariance)).toBeLessThan(1e-12);
  });

  it.each(masks)('do not depend on hidden pixels when %s is missing', async (_, mask) => {
    const image = noise(4);
    const other = noise(5).map((intensity, pixel) => (mask[pixel] ? (image[pixel] as number) : intensity));
    expect(await describeImages([other], [mask], size)).toEqual(await describeImages([image], [mask], size));
  });

  it('exist for a black image', async () => {
    const { means, covariances } = await describeImages([new Float64Array(pixels)], [fullMask(size)], size);
    expect(means[0]).toBeCloseTo(0.5, 12);
    expect([...means, ...covariances].every(Number.isFinite)).toBe(true);
  });

  it('stop when aborted', async () => {
    const reason = new Error('enough');
    const images = Array.from({ length: 100 }, () => noise(6));
    const all = images.map(() => fullMask(size));
    const controller = new AbortController();
    const onProgress = () => controller.abort(reason);
    const described = describeImages(images, all, size, { signal: controller.signal, onProgress });
    await expect(described).rejects.toBe(reason);
  });
});

/**
 * An image as a Gaussian: the region-covariance descriptor (Tuzel, Porikli and Meer, "Region covariance", ECCV 2006),
 * that is the mean and covariance of a feature vector over the pixels, here weighted by intensity so that a dark
 * background counts for nothing. Blur and derivatives are normalised convolutions (Knutsson and Westin, "Normalized and
 * differential convolution", CVPR 1993): least-squares fits to the pixels that are present, so neither a mask nor the
 * image's border makes an edge.
 */

import { setImmediate } from 'node:timers/promises';
import { sum } from 'd3-array';
import type { CallOptions, Gaussians } from 'denseam';
import { applyMask, type ImageSize, type Mask } from './masks.ts';

/** The features of a pixel, in the order of the descriptor's coordinates. */
const featureNames = [
  'x',
  'y',
  'intensity',
  'gradient x',
  'gradient y',
  'gradient magnitude',
  'blurred intensity',
] as const;

/** The descriptor's dimension. */
export const featureCount = featureNames.length;

/** Width (standard deviation, in pixels) of the Gaussian window through which derivatives are taken. */
export const derivativeScale = 1;
/** Width of the window of the blurred intensity: coarse enough to say something that the intensity does not. */
export const blurScale = 2;
/** A window is cut at this many widths, where it has fallen below 5 % of its height. */
const windowWidths = 2.5;
/** Share of its scale below which the determinant of a plane fit means that the pixels lie on a line. */
const planarShare = 1e-9;
/** The event loop gets a turn after so many images (about a millisecond each). */
const imagesAtOnce = 16;

/** The Gaussian window in one dimension and its product with x and with x squared, on offsets -radius..radius. */
function windowMoments(scale: number): [Float64Array, Float64Array, Float64Array] {
  const radius = Math.ceil(windowWidths * scale);
  const offsets = Float64Array.from({ length: 2 * radius + 1 }, (_, k) => k - radius);
  const moment = (order: number) => offsets.map((x) => x ** order * Math.exp(-(x * x) / (2 * scale * scale)));
  return [moment(0), moment(1), moment(2)];
}

const [blurWindow] = windowMoments(blurScale);
const derivativeWindow = windowMoments(derivativeScale);

/** sum_k kernel_k signal(x + k) along one axis, with nothing (zero) outside the image. */
function correlate(signal: Float64Array, kernel: Float64Array, length: number, stride: number): Float64Array {
  const radius = (kernel.length - 1) / 2;
  const result = new Float64Array(signal.length);
  for (let at = 0; at < signal.length; at++) {
    const position = Math.floor(at / stride) % length;
    const first = Math.max(-radius, -position);
    const last = Math.min(radius, length - 1 - position);
    let sum = 0;
    for (let k = first; k <= last; k++) sum += (kernel[k + radius] as number) * (signal[at + k * stride] as number);
    result[at] = sum;
  }
  return result;
}

const alongX = (signal: Float64Array, kernel: Float64Array, { width }: ImageSize) =>
  correlate(signal, kernel, width, 1);
const alongY = (signal: Float64Array, kernel: Float64Array, { height, width }: ImageSize) =>
  correlate(signal, kernel, height, width);

/** Normalised convolution of order zero: at every pixel the weighted mean of the present pixels around it. */
function blur(image: Float64Array, mask: Mask, size: ImageSize): Float64Array {
  const present = Float64Array.from(mask);
  const seen = applyMask(image, mask);
  const total = alongY(alongX(present, blurWindow, size), blurWindow, size);
  const sum = alongY(alongX(seen, blurWindow, size), blurWindow, size);
  // Where the window reaches no present pixel there is nothing to average: 0 / 0, taken as black.
  return sum.map((value, pixel) => value / (total[pixel] as number) || 0);
}

/**
 * The function (i, j) -> at every pixel the sum of x^i y^j signal under the derivative window, offsets from the pixel.
 */
function momentsOf(signal: Float64Array, size: ImageSize): (i: 0 | 1 | 2, j: 0 | 1 | 2) => Float64Array {
  const rows = derivativeWindow.map((kernel) => alongX(signal, kernel, size));
  return (i, j) => alongY(rows[i] as Float64Array, derivativeWindow[j], size);
}

/**
 * Normalised convolution of order one: at every pixel the slopes, per pixel, of the plane fitted to the present pixels
 * around it. Where those lie on a line there is no plane to fit, and the slope is taken as zero.
 */
export function gradients(image: Float64Array, mask: Mask, size: ImageSize): { gx: Float64Array; gy: Float64Array } {
  const ofMask = momentsOf(Float64Array.from(mask), size);
  const ofImage = momentsOf(applyMask(image, mask), size);
  const [s, sx, sy] = [ofMask(0, 0), ofMask(1, 0), ofMask(0, 1)];
  const [sxx, sxy, syy] = [ofMask(2, 0), ofMask(1, 1), ofMask(0, 2)];
  const [f, fx, fy] = [ofImage(0, 0), ofImage(1, 0), ofImage(0, 1)];
  // The normal equations with the plane's height eliminated: second moments about the window's own centre.
  const centred = (joint: Float64Array, a: Float64Array, b: Float64Array) =>
    joint.map((value, p) => value - ((a[p] as number) * (b[p] as number)) / (s[p] as number));
  const [cxx, cxy, cyy] = [centred(sxx, sx, sx), centred(sxy, sx, sy), centred(syy, sy, sy)];
  const [cfx, cfy] = [centred(fx, f, sx), centred(fy, f, sy)];

  const gx = new Float64Array(image.length);
  const gy = new Float64Array(image.length);
  for (let p = 0; p < image.length; p++) {
    const [xx, xy, yy] = [cxx[p] as number, cxy[p] as number, cyy[p] as number];
    const [bx, by] = [cfx[p] as number, cfy[p] as number];
    const determinant = xx * yy - xy ** 2;
    if (!(determinant > planarShare * (s[p] as number) ** 2)) continue;
    gx[p] = (yy * bx - xy * by) / determinant;
    gy[p] = (xx * by - xy * bx) / determinant;
  }
  return { gx, gy };
}

/**
 * The features of every pixel, pixels x {@link featureCount}: position in units of the image's sides, intensity within
 * [0, 1], slopes per pixel. Rows of missing pixels mean nothing.
 */
export function pixelFeatures(image: Float64Array, mask: Mask, size: ImageSize): Float64Array {
  const { gx, gy } = gradients(image, mask, size);
  const blurred = blur(image, mask, size);
  const features = new Float64Array(image.length * featureCount);
  for (let pixel = 0; pixel < image.length; pixel++) {
    const [dx, dy] = [gx[pixel] as number, gy[pixel] as number];
    const at = pixel * featureCount;
    features[at] = ((pixel % size.width) + 0.5) / size.width;
    features[at + 1] = (Math.floor(pixel / size.width) + 0.5) / size.height;
    features[at + 2] = image[pixel] as number;
    features[at + 3] = dx;
    features[at + 4] = dy;
    features[at + 5] = Math.sqrt(dx ** 2 + dy ** 2);
    features[at + 6] = blurred[pixel] as number;
  }
  return features;
}

/** Weights of pixels: their intensities if present, or equal shares if all present pixels are black. */
function pixelWeights(image: Float64Array, mask: Mask): Float64Array {
  const seen = applyMask(image, mask);
  const weights = sum(seen) > 0 ? seen : Float64Array.from(mask);
  const total = sum(weights);
  return weights.map((weight) => weight / total);
}

/** Adds weight times the features at `from` to the d numbers at `to`. */
function accumulate(target: Float64Array, to: number, weight: number, features: Float64Array, from: number): void {
  for (let i = 0; i < featureCount; i++) {
    target[to + i] = (target[to + i] as number) + weight * (features[from + i] as number);
  }
}

/** Adds the weighted mean and covariance of the pixels' features to views of zeros. */
function describeImage(
  image: Float64Array,
  mask: Mask,
  size: ImageSize,
  mean: Float64Array,
  covariance: Float64Array,
): void {
  const d = featureCount;
  const features = pixelFeatures(image, mask, size);
  const weights = pixelWeights(image, mask);
  for (let pixel = 0; pixel < weights.length; pixel++) {
    accumulate(mean, 0, weights[pixel] as number, features, pixel * d);
  }
  for (let pixel = 0; pixel < weights.length; pixel++) {
    const weight = weights[pixel] as number;
    if (weight === 0) continue;
    accumulate(features, pixel * d, -1, mean, 0);
    for (let i = 0; i < d; i++) {
      accumulate(covariance, i * d, weight * (features[pixel * d + i] as number), features, pixel * d);
    }
  }
}

/** The region-covariance descriptors of images under their masks, in the features' own units. */
export async function describeImages(
  images: readonly Float64Array[],
  masks: readonly Mask[],
  size: ImageSize,
  { signal, onProgress }: CallOptions = {},
): Promise<Gaussians> {
  const d = featureCount;
  const means = new Float64Array(images.length * d);
  const covariances = new Float64Array(images.length * d * d);
  for (const [n, image] of images.entries()) {
    if (n % imagesAtOnce === 0) {
      await setImmediate();
      signal?.throwIfAborted();
      onProgress?.({ completed: n, total: images.length });
    }
    const mean = means.subarray(n * d, (n + 1) * d);
    const covariance = covariances.subarray(n * d * d, (n + 1) * d * d);
    describeImage(image, masks[n] as Mask, size, mean, covariance);
  }
  onProgress?.({ completed: images.length, total: images.length });
  return { count: images.length, dimension: d, structure: 'full', means, covariances };
}

import type { Random } from '../../lib/core/random.ts';
import type { FloatArray, Gaussians, Structure } from '../../lib/index.ts';

// Random Gaussians of the kinds in which errors differ.

export type Precision = 'float64' | 'float32';
export type Family = (typeof families)[number];

export const families = ['ordinary', 'ill-conditioned', 'singular', 'nearly equal', 'huge', 'tiny'] as const;

/** The ratio of the least to the greatest root of an ill-conditioned covariance: its square is above rounding. */
const leastRoot = { float64: 1e-5, float32: 1e-2 };
/** How far nearly equal items are from each other, relative to their size. */
const apart = 1e-6;
/** Factors of all positions; variances have their squares. */
const scales: Readonly<Partial<Record<Family, Readonly<Record<Precision, number>>>>> = {
  huge: { float64: 1e60, float32: 1e12 },
  tiny: { float64: 1e-60, float32: 1e-12 },
};

export interface Shape {
  readonly structure: Structure;
  readonly family: Family;
  readonly precision: Precision;
  readonly dimension: number;
}

/** `count` Gaussians: means normal, covariances of the family. */
export function gaussiansOf(shape: Shape, count: number, random: Random): Gaussians {
  const { structure, family, precision, dimension: d } = shape;
  const Floats = precision === 'float64' ? Float64Array : Float32Array;
  const scale = scales[family]?.[precision] ?? 1;
  const base = family === 'nearly equal' ? [normals(d, random), spreadOf(shape, random)] : undefined;
  const means: number[] = [];
  const covariances: number[] = [];
  for (let i = 0; i < count; i++) {
    const [mean, spread] = base
      ? [base[0] as number[], base[1] as number[]].map((values) => values.map((x) => x * (1 + apart * random.normal())))
      : [normals(d, random), spreadOf(shape, random)];
    means.push(...(mean as number[]).map((x) => scale * x));
    covariances.push(...covarianceOf(structure, spread as number[], d).map((x) => scale ** 2 * x));
  }
  return { count, dimension: d, structure, means: Floats.from(means), covariances: Floats.from(covariances) };
}

const normals = (count: number, random: Random) => Array.from({ length: count }, () => random.normal());

/** The factor of a full covariance, d rows, or the roots of variances. */
function spreadOf({ structure, family, precision, dimension: d }: Shape, random: Random): number[] {
  const least = family === 'ill-conditioned' ? leastRoot[precision] : 0.3;
  const root = () => least ** random.uniform();
  const rootOrZero = (j: number) => (family === 'singular' && j === 0 ? 0 : root());
  if (structure === 'isotropic') return [rootOrZero(0)];
  if (structure === 'diagonal') return Array.from({ length: d }, (_, j) => rootOrZero(j));
  // Small integers, so that a singular covariance is exactly so.
  if (family === 'singular') {
    return Array.from({ length: d * d }, (_, at) => (at % d === 0 ? 0 : random.integer(7) - 3));
  }
  // Twice as many columns as rows make a covariance of good condition.
  const width = family === 'ill-conditioned' ? d : 2 * d;
  const roots = Array.from({ length: width }, root);
  return normals(d * width, random).map((x, at) => x * (roots[at % width] as number));
}

function covarianceOf(structure: Structure, spread: readonly number[], d: number): number[] {
  if (structure !== 'full') return spread.map((root) => root ** 2);
  const width = spread.length / d;
  return Array.from({ length: d * d }, (_, at) => {
    const [i, j] = [Math.floor(at / d), at % d];
    let sum = 0;
    for (let k = 0; k < width; k++) sum += (spread[i * width + k] as number) * (spread[j * width + k] as number);
    return sum;
  });
}

/** One Gaussian of a batch, as lists of numbers. */
export function gaussianAt({ means, covariances, count, dimension: d }: Gaussians, index: number) {
  const part = (values: FloatArray, width: number) => Array.from(values.subarray(index * width, (index + 1) * width));
  return { mean: part(means, d), covariance: part(covariances, covariances.length / count) };
}

import { commonBasis, type Gaussians, type Vectors } from 'denseam';
import { rangeError } from '../core/check.ts';

/** Vectors that come in groups of one size, the variants of a sentence. */
export interface Groups extends Vectors {
  readonly size: number;
}

/** The means of the groups, a row each. */
function groupMeans({ count, dimension: d, values, size }: Groups): Float64Array {
  const means = new Float64Array((count / size) * d);
  for (let row = 0; row < count; row++) {
    const at = Math.floor(row / size) * d;
    for (let k = 0; k < d; k++) (means[at + k] as number) += (values[row * d + k] as number) / size;
  }
  return means;
}

/** The mean and the variances (over `size` - 1) of every group, and a ridge, added to each. */
export function diagonalGaussians(groups: Groups, ridge: number): Gaussians {
  const { count: rows, dimension: d, values, size } = groups;
  const means = groupMeans(groups);
  const covariances = new Float64Array(means.length).fill(ridge);
  for (let row = 0; row < rows; row++) {
    const at = Math.floor(row / size) * d;
    for (let k = 0; k < d; k++) {
      const deviation = (values[row * d + k] as number) - (means[at + k] as number);
      (covariances[at + k] as number) += deviation ** 2 / (size - 1);
    }
  }
  return { count: rows / size, dimension: d, structure: 'diagonal', means, covariances };
}

/** The mean and the covariance (over `size` - 1) of every group, and a ridge, added to the diagonal. */
export function fullGaussians(groups: Groups, ridge: number): Gaussians {
  const { count: rows, dimension: d, values, size } = groups;
  const means = groupMeans(groups);
  const covariances = new Float64Array((rows / size) * d * d);
  for (let row = 0; row < rows; row++) {
    const group = Math.floor(row / size);
    const deviation = Float64Array.from(
      { length: d },
      (_, k) => (values[row * d + k] as number) - (means[group * d + k] as number),
    );
    for (let i = 0; i < d; i++) {
      const scaled = (deviation[i] as number) / (size - 1);
      const at = group * d * d + i * d;
      for (let j = 0; j < d; j++) (covariances[at + j] as number) += scaled * (deviation[j] as number);
    }
  }
  for (let at = 0; at < covariances.length; at++) {
    if ((at % (d * d)) % (d + 1) === 0) (covariances[at] as number) += ridge;
  }
  return { count: rows / size, dimension: d, structure: 'full', means, covariances };
}

/** The directions in which vectors vary most, `count` of them, a row each and that which varies most first. */
export async function principalDirections(vectors: Vectors, count: number): Promise<Vectors> {
  const d = vectors.dimension;
  if (count > d) throw rangeError('settings.fullDimension', `at most ${d}`, count);
  const covariances = fullGaussians({ ...vectors, size: vectors.count }, 0).covariances;
  const covariance: Gaussians = { count: 1, dimension: d, structure: 'full', means: new Float64Array(d), covariances };
  const basis = await commonBasis(covariance);
  if (!basis) throw new Error('a single covariance has eigenvectors');
  const directions = Array.from({ length: d }, (_, j) => {
    const direction = Float64Array.from({ length: d }, (_, i) => basis.data[i * d + j] as number);
    return { direction, variance: quadraticForm(covariances as Float64Array, direction) };
  });
  directions.sort((a, b) => b.variance - a.variance);
  const values = new Float64Array(count * d);
  for (const [row, { direction }] of directions.slice(0, count).entries()) values.set(direction, row * d);
  return { count, dimension: d, values };
}

/** v' S v. */
function quadraticForm(matrix: Float64Array, vector: Float64Array): number {
  const d = vector.length;
  let sum = 0;
  for (let i = 0; i < d; i++) {
    let row = 0;
    for (let j = 0; j < d; j++) row += (matrix[i * d + j] as number) * (vector[j] as number);
    sum += row * (vector[i] as number);
  }
  return sum;
}

/** The vectors' coordinates along directions. */
export function project<V extends Vectors>(vectors: V, directions: Vectors): V {
  const { count, dimension: d, values } = vectors;
  const projected = new Float64Array(count * directions.count);
  for (let row = 0; row < count; row++) {
    for (let direction = 0; direction < directions.count; direction++) {
      let sum = 0;
      for (let k = 0; k < d; k++)
        sum += (values[row * d + k] as number) * (directions.values[direction * d + k] as number);
      projected[row * directions.count + direction] = sum;
    }
  }
  return { ...vectors, dimension: directions.count, values: projected };
}

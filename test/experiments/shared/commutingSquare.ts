import type { Gaussians } from '../../../lib/index.ts';

/** |mu - m|^2 + |s - t|^2 with root variances s and t along the common eigenvectors, by definition. */
export function commutingSquare(a: Gaussians, i: number, b: Gaussians, j: number): number {
  const d = a.dimension;
  let sum = 0;
  for (let k = 0; k < d; k++) {
    const [ia, jb] = [i * d + k, j * d + k];
    sum += ((a.means[ia] as number) - (b.means[jb] as number)) ** 2;
    sum += (Math.sqrt(a.covariances[ia] as number) - Math.sqrt(b.covariances[jb] as number)) ** 2;
  }
  return sum;
}

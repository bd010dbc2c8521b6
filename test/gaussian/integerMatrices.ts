import type { Gaussians } from '../../lib/index.ts';

/**
 * The distinct matrices W W' of all 3 x 2 matrices W with entries from -greatest to greatest: singular, in whole
 * numbers.
 */
export function singularIntegerMatrices(greatest: number): number[][] {
  const found = new Map<string, number[]>();
  const sides = 2 * greatest + 1;
  for (let code = 0; code < sides ** 6; code++) {
    const [a, b, c, d, e, f] = Array.from(
      { length: 6 },
      (_, k) => (Math.floor(code / sides ** k) % sides) - greatest,
    ) as [number, number, number, number, number, number];
    const [ac, ae, ce] = [a * c + b * d, a * e + b * f, c * e + d * f];
    const matrix = [a * a + b * b, ac, ae, ac, c * c + d * d, ce, ae, ce, e * e + f * f];
    found.set(matrix.join(), matrix);
  }
  return [...found.values()];
}

/** Gaussians of mean 0 with these covariances, d x d numbers each. */
export function centred(dimension: number, covariances: readonly ArrayLike<number>[]): Gaussians {
  const count = covariances.length;
  const numbers = new Float64Array(count * dimension * dimension);
  covariances.forEach((matrix, i) => {
    numbers.set(matrix, i * dimension * dimension);
  });
  return {
    count,
    dimension,
    structure: 'full',
    means: new Float64Array(count * dimension),
    covariances: numbers,
  };
}

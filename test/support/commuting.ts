/** Random Gaussians with covariances V diag(variances) V'. */
import fc from 'fast-check';
import type { Gaussians, Matrix } from '../../lib/index.ts';
import { randomRotation, rotatedDiagonal } from './cases.ts';
import { TestRandom } from './random.ts';

export interface Parameters {
  readonly seed: number;
  readonly dimension: number;
  readonly items: number;
  readonly logCondition: number;
  readonly logScale: number;
}

export const parameters: fc.Arbitrary<Parameters> = fc.record({
  seed: fc.nat(),
  dimension: fc.integer({ min: 1, max: 16 }),
  items: fc.integer({ min: 1, max: 7 }),
  logCondition: fc.integer({ min: 0, max: 3 }),
  logScale: fc.integer({ min: -4, max: 4 }),
});

export function toMatrix(dimension: number, data: Float64Array): Matrix {
  return { rows: dimension, columns: dimension, data };
}

export function identity(dimension: number): Matrix {
  return toMatrix(
    dimension,
    Float64Array.from({ length: dimension ** 2 }, (_, at) => (at % (dimension + 1) === 0 ? 1 : 0)),
  );
}

export function randomBasis(random: TestRandom, d: number): Matrix {
  return toMatrix(d, Float64Array.from(randomRotation(random, d).flatMap((row) => [...row])));
}

/** Diagonal Gaussians in this basis. */
function commuting(random: TestRandom, count: number, basis: Matrix, p: Omit<Parameters, 'items'>): Gaussians {
  const scale = 10 ** p.logScale;
  return {
    count,
    dimension: p.dimension,
    structure: 'diagonal',
    means: random.normals(count * p.dimension).map((x) => Math.sqrt(scale) * x),
    covariances: Float64Array.from(
      { length: count * p.dimension },
      () => scale * 10 ** (-p.logCondition * random.uniform()),
    ),
    basis,
  };
}

/** The columns of a basis. */
export function columns({ rows: d, data }: Matrix): Float64Array[] {
  return Array.from({ length: d }, (_, k) => Float64Array.from({ length: d }, (_, j) => data[j * d + k] as number));
}

/** Written out without the library. */
export function writtenOut(batch: Gaussians): Gaussians {
  const { count, dimension: d, covariances, basis } = batch;
  const vectors = columns(basis as Matrix);
  const matrices = Array.from({ length: count }, (_, i) =>
    rotatedDiagonal(covariances.subarray(i * d, (i + 1) * d), vectors),
  );
  const { basis: _, ...rest } = batch;
  return { ...rest, structure: 'full', covariances: Float64Array.from(matrices.flatMap((matrix) => [...matrix])) };
}

/** Items and queries with a basis in common. */
export function build(p: Parameters) {
  const random = new TestRandom(p.seed);
  const basis = randomBasis(random, p.dimension);
  const items = commuting(random, p.items, basis, p);
  const queries = commuting(random, 3, basis, p);
  const beta = 1 / (10 ** p.logScale * p.dimension);
  return { basis, items, queries, beta, width: 10 ** (p.logScale / 2) };
}

export const without = ({ basis: _, ...batch }: Gaussians): Gaussians => batch;

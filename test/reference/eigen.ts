import { add, divide, type Extended, ExtendedMatrix, multiply, squareRoot, subtract, toNumber } from './extended.ts';

/** A = V diag(values) V', the columns of V orthonormal; in no particular order. */
export interface EigenDecomposition {
  readonly values: readonly Extended[];
  readonly vectors: ExtendedMatrix;
}

/** Sweeps after which cyclic Jacobi has long converged (it needs about log2 of the digits, plus a few). */
const MAX_SWEEPS = 60;

/** The tangent of the Jacobi angle that annihilates a_pq (Golub and Van Loan, section 8.5). */
function tangent(app: number, aqq: number, apq: number): number {
  const theta = (aqq - app) / (2 * apq);
  return theta >= 0 ? 1 / (theta + Math.hypot(1, theta)) : 1 / (theta - Math.hypot(1, theta));
}

/** [x, y] <- [c x - s y, s x + c y] along two strided lines of an array. */
function rotate(a: Float64Array, x: number, y: number, stride: number, length: number, c: number, s: number): void {
  for (let k = 0; k < length; k++) {
    const ax = a[x + k * stride] as number;
    const ay = a[y + k * stride] as number;
    a[x + k * stride] = c * ax - s * ay;
    a[y + k * stride] = s * ax + c * ay;
  }
}

/** Eigenvectors of a symmetric matrix in plain doubles, by cyclic Jacobi. */
export function jacobiVectors(symmetric: Float64Array, n: number): { values: Float64Array; vectors: Float64Array } {
  const a = symmetric.slice();
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  const negligible = 1e-17 * Math.hypot(...a);
  for (let sweep = 0, rotated = true; rotated && sweep < MAX_SWEEPS; sweep++) {
    rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const apq = a[p * n + q] as number;
        if (Math.abs(apq) <= negligible) continue;
        rotated = true;
        const t = tangent(a[p * n + p] as number, a[q * n + q] as number, apq);
        const c = 1 / Math.hypot(1, t);
        rotate(a, p, q, n, n, c, c * t);
        rotate(a, p * n, q * n, 1, n, c, c * t);
        a[p * n + q] = a[q * n + p] = 0;
        rotate(v, p, q, n, n, c, c * t);
      }
    }
  }
  return { values: Float64Array.from({ length: n }, (_, i) => a[i * n + i] as number), vectors: v };
}

/** One Newton-Schulz step, V (3 I - V'V) / 2, squares the departure from orthogonality: 1e-15 becomes 1e-30. */
function orthonormalised(vectors: ExtendedMatrix): ExtendedMatrix {
  const gram = vectors.transposed().times(vectors);
  const n = vectors.order;
  const identity = ExtendedMatrix.diagonal(Array.from({ length: n }, (): Extended => [1.5, 0]));
  return vectors.times(identity.plus(gram, [-0.5, 0]));
}

/** Rotates two columns (or rows) in extended arithmetic. */
function rotateExtended(a: ExtendedMatrix, p: number, q: number, columns: boolean, c: Extended, s: Extended): void {
  for (let k = 0; k < a.order; k++) {
    const x = columns ? a.get(k, p) : a.get(p, k);
    const y = columns ? a.get(k, q) : a.get(q, k);
    const newX = subtract(multiply(c, x), multiply(s, y));
    const newY = add(multiply(s, x), multiply(c, y));
    if (columns) {
      a.set(k, p, newX);
      a.set(k, q, newY);
    } else {
      a.set(p, k, newX);
      a.set(q, k, newY);
    }
  }
}

function rotation(app: Extended, aqq: Extended, apq: Extended): { c: Extended; s: Extended } {
  const one: Extended = [1, 0];
  const theta = divide(subtract(aqq, app), multiply([2, 0], apq));
  const root = squareRoot(add(one, multiply(theta, theta)));
  const t = divide(one, theta[0] >= 0 ? add(theta, root) : subtract(theta, root));
  const c = divide(one, squareRoot(add(one, multiply(t, t))));
  return { c, s: multiply(c, t) };
}

/**
 * Eigenvalues and vectors of a symmetric matrix to about 30 digits of its norm: Jacobi in doubles brings it close to
 * diagonal form, and one or two sweeps in extended arithmetic, which converge quadratically, do the rest.
 */
export function eigen(symmetric: ExtendedMatrix): EigenDecomposition {
  const n = symmetric.order;
  const start = jacobiVectors(symmetric.toNumbers(), n);
  const v = orthonormalised(new ExtendedMatrix(n, start.vectors));
  const a = v.transposed().times(symmetric).times(v).symmetrised();
  // Above the rounding of the rotations (about 1e-31), so that the sweeps end.
  const negligible = 1e-30 * a.frobeniusNorm();
  for (let sweep = 0, rotated = true; rotated && sweep < MAX_SWEEPS; sweep++) {
    rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const apq = a.get(p, q);
        if (Math.abs(toNumber(apq)) <= negligible) continue;
        rotated = true;
        const { c, s } = rotation(a.get(p, p), a.get(q, q), apq);
        rotateExtended(a, p, q, true, c, s);
        rotateExtended(a, p, q, false, c, s);
        a.set(p, q, [0, 0]);
        a.set(q, p, [0, 0]);
        rotateExtended(v, p, q, true, c, s);
      }
    }
  }
  return { values: Array.from({ length: n }, (_, i) => a.get(i, i)), vectors: v };
}

/** f(A) = V diag(f(values)) V'. */
export function spectralFunction(of: EigenDecomposition, f: (value: Extended) => Extended): ExtendedMatrix {
  const scaled = new ExtendedMatrix(of.vectors.order);
  const factors = of.values.map(f);
  for (let row = 0; row < scaled.order; row++) {
    factors.forEach((factor, column) => {
      scaled.set(row, column, multiply(of.vectors.get(row, column), factor));
    });
  }
  return scaled.times(of.vectors.transposed()).symmetrised();
}

import { jacobiVectors } from './eigen.ts';

/**
 * The Bures distance in plain doubles and without the cancellation of the textbook formula: with O = R R', S = L L' and
 * R'L = U diag(s) V', d_B(O, S) = ||L - R U V'||_F (science 1.1). A second opinion on the oracle, by another route.
 */
export function procrustesDistance(o: Float64Array, s: Float64Array, n: number): number {
  const r = symmetricFactor(o, n);
  const l = symmetricFactor(s, n);
  const polar = polarFactor(product(transpose(r, n), l, n), n);
  const nearest = product(r, polar, n);
  return Math.hypot(...l.map((value, at) => value - (nearest[at] as number)));
}

/** V diag(sqrt(values)), whose product with its transpose is the matrix. */
function symmetricFactor(matrix: Float64Array, n: number): Float64Array {
  const { values, vectors } = jacobiVectors(matrix, n);
  return vectors.map((value, at) => value * Math.sqrt(Math.max(values[at % n] as number, 0)));
}

function transpose(a: Float64Array, n: number): Float64Array {
  return a.map((_, at) => a[(at % n) * n + Math.floor(at / n)] as number);
}

function product(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k] as number;
      for (let j = 0; j < n; j++) result[i * n + j] = (result[i * n + j] as number) + factor * (b[k * n + j] as number);
    }
  }
  return result;
}

/**
 * U V' of the singular value decomposition, by one-sided Jacobi (Hestenes): rotate columns until all are orthogonal.
 */
function polarFactor(matrix: Float64Array, n: number): Float64Array {
  const columns = transpose(matrix, n);
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  for (let sweep = 0, rotated = true; rotated && sweep < 60; sweep++) {
    rotated = false;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotated = orthogonalise(columns, v, p, q, n) || rotated;
  }
  for (let p = 0; p < n; p++) {
    const norm = Math.hypot(...columns.subarray(p * n, (p + 1) * n));
    for (let k = 0; k < n; k++) columns[p * n + k] = (columns[p * n + k] as number) / norm;
  }
  return product(transpose(columns, n), v, n);
}

/** One rotation of rows p and q of both arrays (they hold columns); false when they were orthogonal already. */
function orthogonalise(columns: Float64Array, v: Float64Array, p: number, q: number, n: number): boolean {
  let [pp, qq, pq] = [0, 0, 0];
  for (let k = 0; k < n; k++) {
    const x = columns[p * n + k] as number;
    const y = columns[q * n + k] as number;
    pp += x * x;
    qq += y * y;
    pq += x * y;
  }
  if (Math.abs(pq) <= 1e-16 * Math.sqrt(pp * qq)) return false;
  const theta = (qq - pp) / (2 * pq);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(1, theta));
  const c = 1 / Math.hypot(1, t);
  for (const lines of [columns, v]) {
    for (let k = 0; k < n; k++) {
      const x = lines[p * n + k] as number;
      const y = lines[q * n + k] as number;
      lines[p * n + k] = c * (x - t * y);
      lines[q * n + k] = c * (t * x + y);
    }
  }
  return true;
}

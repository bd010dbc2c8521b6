import { squaredDistances } from '../transport.ts';

/** One problem in the units of epsilon: u and v are potentials that carry the logarithms of the weights. */
export interface Scaled {
  readonly u: Float64Array;
  readonly v: Float64Array;
  readonly sweeps: number;
}

/**
 * Sinkhorn's iteration in the log domain as a careful author writes it on typed arrays: costs in both orders, so that
 * every sum runs along memory, and no look at the error that a sweep does not give by itself. Undefined when time is
 * up.
 */
export class PlainSinkhorn {
  readonly #rows: Float64Array;
  readonly #columns: Float64Array;
  readonly #a: Float64Array;
  readonly #b: Float64Array;

  constructor(x: Float64Array, y: Float64Array, a: Float64Array, b: Float64Array, dimension: number, epsilon: number) {
    this.#rows = squaredDistances(x, y, dimension).map((cost) => -cost / epsilon);
    this.#columns = transposed(this.#rows, a.length);
    this.#a = a;
    this.#b = b;
  }

  solve(tolerance: number, checkEvery: number, deadline: number): Scaled | undefined {
    const [logA, logB] = [this.#a.map(Math.log), this.#b.map(Math.log)];
    const [u, v] = [new Float64Array(logA.length), new Float64Array(logB.length)];
    const next = new Float64Array(u.length);
    for (let sweeps = 0; ; sweeps++) {
      update(next, logA, this.#rows, v);
      if (sweeps > 0 && sweeps % checkEvery === 0) {
        if (this.#rowError(u, next) <= tolerance) return { u, v, sweeps };
        if (performance.now() > deadline) return undefined;
      }
      u.set(next);
      update(v, logB, this.#columns, u);
    }
  }

  /** The rows of the plan before this update sum to a exp(u - next), its columns to b. */
  #rowError(u: Float64Array, next: Float64Array): number {
    return this.#a.reduce((sum, a, k) => sum + a * Math.abs(Math.expm1((u[k] as number) - (next[k] as number))), 0);
  }

  /** Regularised value <a, f> + <b, g> and L1 error of both marginals. */
  verify({ u, v }: Scaled, epsilon: number): { value: number; error: number } {
    const [a, b] = [this.#a, this.#b];
    const columnSums = new Float64Array(b.length);
    let error = 0;
    for (let k = 0; k < a.length; k++) {
      let rowSum = 0;
      for (let l = 0; l < b.length; l++) {
        const mass = Math.exp((this.#rows[k * b.length + l] as number) + (u[k] as number) + (v[l] as number));
        rowSum += mass;
        (columnSums[l] as number) += mass;
      }
      error += Math.abs(rowSum - (a[k] as number));
    }
    b.forEach((weight, l) => {
      error += Math.abs((columnSums[l] as number) - weight);
    });
    const side = (weights: Float64Array, scaled: Float64Array) =>
      weights.reduce((sum, weight, k) => sum + weight * ((scaled[k] as number) - Math.log(weight)), 0);
    return { value: epsilon * (side(a, u) + side(b, v)), error };
  }
}

function transposed(matrix: Float64Array, rows: number): Float64Array {
  const columns = matrix.length / rows;
  return matrix.map((_, at) => matrix[(at % rows) * columns + Math.floor(at / rows)] as number);
}

/** result_k = logWeights_k - log sum_l exp(kernel_kl + other_l). */
function update(result: Float64Array, logWeights: Float64Array, kernel: Float64Array, other: Float64Array): void {
  const width = other.length;
  for (let k = 0, from = 0; k < result.length; k++, from += width) {
    let top = Number.NEGATIVE_INFINITY;
    for (let l = 0; l < width; l++) {
      const term = (kernel[from + l] as number) + (other[l] as number);
      if (term > top) top = term;
    }
    let sum = 0;
    for (let l = 0; l < width; l++) sum += Math.exp((kernel[from + l] as number) + (other[l] as number) - top);
    result[k] = (logWeights[k] as number) - top - Math.log(sum);
  }
}

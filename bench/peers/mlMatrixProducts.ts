import { Matrix } from 'ml-matrix';
import type { Products } from './plainTraining.ts';

/** The products of a step by ml-matrix, from and to typed arrays, which costs some hundredths of the products. */
export const mlMatrixProducts: Products = {
  scores: (x, memories, dimension) => product(matrix(x, dimension), matrix(memories, dimension).transpose()),
  sums(weights, x, dimension) {
    const rows = x.length / dimension;
    return product(matrix(weights, weights.length / rows).transpose(), matrix(x, dimension));
  },
};

function matrix(values: Float32Array, columns: number): Matrix {
  return new Matrix(
    Array.from({ length: values.length / columns }, (_, row) =>
      Array.from(values.subarray(row * columns, (row + 1) * columns)),
    ),
  );
}

const product = (a: Matrix, b: Matrix) => Float32Array.from(a.mmul(b).to1DArray());

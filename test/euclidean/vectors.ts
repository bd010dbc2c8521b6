import type { Vectors } from '../../lib/core/types.ts';

/** A batch of these vectors. */
export function vectors(rows: readonly ArrayLike<number>[]): Vectors {
  const values = Float64Array.from(rows.flatMap((row) => Array.from(row)));
  return { count: rows.length, dimension: (rows[0] as ArrayLike<number>).length, values };
}

/** The vectors at these indices, in this order. */
export function select({ dimension, values }: Vectors, indices: readonly number[]): Vectors {
  return vectors(indices.map((index) => values.subarray(index * dimension, (index + 1) * dimension)));
}

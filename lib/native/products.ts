import type { LanesLevel } from './lanes.ts';

/** Products of matrices, for tests. A level of those of flat memories (native/euclidean/products.h) has to be there. */
export interface NativeProducts {
  /** Inner products of `others` queries, of `width` numbers each, with every row: others x count. */
  scores(rows: Float64Array, options: ProductsOptions): Float64Array;
  /** Sums of the rows with `others` lists of `count` weights: others x width. */
  rowSums(rows: Float64Array, options: ProductsOptions): Float64Array;
  /**
   * Sums of products of codes, whole numbers from 1 to 255 of rows and from -127 to 127 of queries, width a multiple of
   * 64: others x count. Level 2 is plain code, 3 AVX2, 4 VNNI, 5 NEON; null for one that the processor lacks.
   */
  codeDots(
    codes: Float64Array,
    options: Omit<ProductsOptions, 'single' | 'level'> & { readonly level: 2 | 3 | 4 | 5 },
  ): Float64Array | null;
  /**
   * The product of a and b in bfloat16 (native/sphere/bfloat16.h): rows x length times length x columns, or the
   * transposes of both given: rows x columns. Null where the processor lacks it.
   */
  bfloat16Product(
    a: Float64Array,
    options: {
      readonly rows: number;
      readonly length: number;
      readonly columns: number;
      readonly b: Float64Array;
      readonly isTransposed: boolean;
    },
  ): Float64Array | null;
}

export interface ProductsOptions {
  readonly count: number;
  readonly width: number;
  readonly others: number;
  /** The queries, or the weights. */
  readonly factors: Float64Array;
  /** Whether everything is rounded to float32 first, and computed in it. */
  readonly single: boolean;
  readonly level: Exclude<LanesLevel, 0 | 1>;
}

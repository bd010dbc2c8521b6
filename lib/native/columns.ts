/**
 * Per-query columns of retrievals and reconstructions, one list for each family of memories: the name of every column
 * and the kind of its elements. The native side gives the columns by these names (kRetrievalColumns, kFlowColumns and
 * kReconstruction there); the concatenation of parts of a batch and the output of the command line follow from the list
 * (lib/memory/columns.ts).
 */

/** Kind of a column: numbers, or the words for codes 0, 1, 2, ... */
export type ColumnKind = 'float64' | 'int32' | readonly string[];

export type Columns = Readonly<Record<string, ColumnKind>>;

/** The arrays of a native result, with a byte for a word. */
export type NativeColumns<C extends Columns> = {
  readonly [Name in keyof C]: C[Name] extends 'float64'
    ? Float64Array
    : C[Name] extends 'int32'
      ? Int32Array
      : Uint8Array;
};

/** The columns of a public result. */
export type ResultColumns<C extends Columns> = {
  readonly [Name in keyof C]: C[Name] extends readonly (infer Word)[]
    ? readonly Word[]
    : C[Name] extends 'float64'
      ? Float64Array
      : Int32Array;
};

/** Columns of a retrieval from vectors or Gaussians. */
export const retrievalColumns = {
  energy: 'float64',
  nearest: 'int32',
  nearestDistance: 'float64',
  iterations: 'int32',
  stepLength: 'float64',
  stopped: ['iterations', 'converged'],
  evaluated: 'int32',
  droppedMass: 'float64',
} as const satisfies Columns;

/** Columns of a retrieval from point clouds. */
export const cloudRetrievalColumns = {
  energy: 'float64',
  nearest: 'int32',
  nearestDivergence: 'float64',
  iterations: 'int32',
  gradientNorm: 'float64',
  marginalError: 'float64',
  stopped: ['iterations', 'converged', 'stalled', 'unsolved'],
  evaluated: 'int32',
  droppedMass: 'float64',
} as const satisfies Columns;

/** Columns of a reconstruction on the sphere. */
export const reconstructionColumns = {
  energy: 'float64',
  nearest: 'int32',
  overlap: 'float64',
  iterations: 'int32',
  stepLength: 'float64',
  stopped: ['iterations', 'converged'],
} as const satisfies Columns;

import type { CallOptions, Gaussians, Matrix, Structure } from '../core/types.ts';
// CONTRACT ONLY (being written): signatures that the finished class will have.
export interface QueryOptions extends CallOptions { /** added to every query covariance's diagonal, default 0 */ readonly ridge?: number }
export interface BetaOptions extends QueryOptions { readonly beta: number }
export interface RetrieveOptions extends BetaOptions {
  readonly tolerance?: number; readonly maxIterations?: number;
  readonly pruning?: boolean | { readonly mass: number }; readonly trajectory?: boolean;
}
export interface Neighbours { readonly rows: number; readonly columns: number; readonly indices: Int32Array; readonly distances: Float64Array }
export interface Retrieval<States> {
  readonly states: States; readonly energy: Float64Array; readonly nearest: Int32Array; readonly nearestDistance: Float64Array;
  readonly iterations: Int32Array; readonly stepLength: Float64Array; readonly stopped: readonly ('converged' | 'iterations')[];
  readonly evaluated: Int32Array; readonly droppedMass: Float64Array; readonly trajectory?: readonly States[];
}
/** T_i(x) = matrix_i x + offset_i; matrices follow the structure: count x d x d | count x d | count; offsets count x d */
export interface TransportMaps { readonly count: number; readonly dimension: number; readonly structure: Structure; readonly matrices: Float64Array; readonly offsets: Float64Array }
export declare class GaussianMemory {
  static create(items: Gaussians, options?: CallOptions): Promise<GaussianMemory>;
  static load(path: string, options?: CallOptions): Promise<GaussianMemory>;
  readonly size: number; readonly dimension: number; readonly structure: Structure;
  distances(queries: Gaussians, options?: QueryOptions): Promise<Matrix>;
  weights(queries: Gaussians, options: BetaOptions): Promise<Matrix>;
  energy(queries: Gaussians, options: BetaOptions): Promise<Float64Array>;
  step(queries: Gaussians, options: BetaOptions): Promise<Gaussians>;
  retrieve(queries: Gaussians, options: RetrieveOptions): Promise<Retrieval<Gaussians>>;
  nearest(queries: Gaussians, options?: QueryOptions & { readonly k?: number }): Promise<Neighbours>;
  transportMaps(query: Gaussians, indices: readonly number[] | Int32Array, options?: QueryOptions): Promise<TransportMaps>;
  get(indices: readonly number[] | Int32Array, options?: CallOptions): Promise<Gaussians>;
  add(items: Gaussians, options?: CallOptions): Promise<void>;
  remove(indices: readonly number[] | Int32Array, options?: CallOptions): Promise<void>;
  save(path: string, options?: CallOptions): Promise<void>;
}
// EuclideanMemory (lib/euclidean/memory.ts): the same verbs with Vectors instead of Gaussians, no transportMaps, no ridge.

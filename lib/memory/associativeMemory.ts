import type {
  BetaOptions,
  CallOptions,
  CommonRetrieval,
  Matrix,
  NearestItems,
  NearestOptions,
  RetrieveOptions,
  SweepOptions,
} from '../core/types.ts';
import type { FilePath } from '../io/path.ts';

/**
 * The interface of all item memories, for code that takes any of them: `AssociativeMemory<Gaussians>` is a
 * {@link GaussianMemory}. `Found` and `Near` are the additional results of retrievals and searches; `QueryOptions` are
 * further options of every verb on queries, `StepOptions` of the verbs that move states.
 */
export interface AssociativeMemory<
  Items,
  Found extends CommonRetrieval<Items> = CommonRetrieval<Items>,
  Near extends NearestItems = NearestItems,
  QueryOptions = unknown,
  StepOptions = QueryOptions,
> {
  /** Number of stored items. */
  readonly size: number;
  /** The dimension of the items' space. */
  readonly dimension: number;
  /** The precision in which items are stored. */
  readonly precision: 'float32' | 'float64';
  /** The energy of every query. */
  energy(queries: Items, options: BetaOptions & QueryOptions): Promise<Float64Array>;
  /** Gibbs weights of every query, queries.count x size. */
  weights(queries: Items, options: BetaOptions & QueryOptions): Promise<Matrix>;
  /** One application of the update to every query. */
  step(queries: Items, options: BetaOptions & StepOptions): Promise<Items>;
  /** Iterates the update from every query to a fixed point. */
  retrieve(queries: Items, options: RetrieveOptions & StepOptions): Promise<Found>;
  /** One retrieval of every query for each of several betas, in their order. */
  sweep(queries: Items, options: SweepOptions & StepOptions): Promise<Found[]>;
  /** The `k` items nearest to every query. */
  nearest(queries: Items, options?: NearestOptions & QueryOptions): Promise<Near>;
  /** Copies of the items at these indices. */
  get(indices: readonly number[] | Int32Array, options?: CallOptions): Promise<Items>;
  /** Stores more items after the present ones. */
  add(items: Items, options?: CallOptions): Promise<void>;
  /** Removes the items at these indices; later items move up. */
  remove(indices: readonly number[] | Int32Array, options?: CallOptions): Promise<void>;
  /** Writes all items to a safetensors file, atomically. */
  save(path: FilePath, options?: CallOptions): Promise<void>;
  /** Frees the items at once. */
  close(): void;
  [Symbol.dispose](): void;
}

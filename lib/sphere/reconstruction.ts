import { types } from 'node:util';
import { describe } from '../core/describe.ts';
import { asGiven, callOptions, optional, readOptions, specify } from '../core/options.ts';
import type { CallOptions, Vectors } from '../core/types.ts';
import { checkedElements, integer, isArray, nonNegative, shapeError } from '../core/validate.ts';
import { vectorBatch } from '../memory/batches.ts';
import { concatColumns } from '../memory/columns.ts';
import { concatFloats, inParts } from '../memory/parts.ts';
import { iterations } from '../memory/verbOptions.ts';
import { type NativeReconstruction, type NativeSphereModel, native } from '../native/addon.ts';
import { runTask } from '../native/calls.ts';
import { reconstructionColumns } from '../native/columns.ts';

/** The energy that a reconstruction minimises, and its stopping rule. */
export interface ReconstructOptions extends CallOptions {
  /**
   * The class y of the energy -log P(x | y), for all starts or one for each: 1 to C, or 0 for "none". Default: no
   * class, the energy is -log P(x).
   */
  readonly classes?: number | readonly number[] | Int32Array | undefined;
  /** Flags of the coordinates that keep their initial value (true, or not 0). All are free by default. */
  readonly clamped?: Uint8Array | readonly boolean[] | undefined;
  /**
   * A state has converged when the next step would move it by at most this distance. Default 1e-6. In a float32 memory
   * rounding alone moves a state by about 1e-7 (1 + betaScale beta) at worst: a smaller tolerance may never be met.
   */
  readonly tolerance?: number | undefined;
  /** Maximum number of steps. Default 1000; 0 evaluates the starts themselves. */
  readonly maxIterations?: number | undefined;
}

/** Result of a reconstruction; everything describes the returned states. */
export interface Reconstruction {
  /** Local minima of the energy, of norm 1, or the last states where the iterations were used up. */
  readonly states: Vectors;
  /** The energy -log P(x | y), P the density at the memory's beta scale; -log P(x) without a class. */
  readonly energy: Float64Array;
  /** Index of the memory with the greatest overlap; the first of equal ones. */
  readonly nearest: Int32Array;
  /** Overlap w . x with that memory. */
  readonly overlap: Float64Array;
  /** Number of steps taken. */
  readonly iterations: Int32Array;
  /** Distance by which one more step would move the state. */
  readonly stepLength: Float64Array;
  /** Reason why it stopped: the step length is within the tolerance, or the iterations were used up. */
  readonly stopped: readonly ('converged' | 'iterations')[];
}

/** @internal Shape of a model, for the checks of its reconstructions. */
export interface SphereShape {
  readonly dimension: number;
  readonly hiddenUnits: number;
  /** C, without "none". */
  readonly classes: number;
}

const anyClass = -1;

const reconstructOptions = specify<ReconstructOptions>()({
  ...callOptions,
  classes: optional<unknown, NonNullable<ReconstructOptions['classes']>>(asGiven),
  clamped: optional<unknown, NonNullable<ReconstructOptions['clamped']>>(asGiven),
  tolerance: optional(nonNegative, 1e-6),
  maxIterations: optional(iterations, 1000),
});

/**
 * @internal Moves every start (of norm 1) to a local minimum of -log P(x | y) on the sphere by x <- normalise(sum_mu
 * s_mu w_mu), s_mu proportional to p_y^mu exp(s beta w_mu . x), which never raises it. Progress counts evaluations of
 * memories.
 */
export async function reconstruct(
  model: NativeSphereModel,
  shape: SphereShape,
  starts: Vectors,
  options: ReconstructOptions = {},
): Promise<Reconstruction> {
  const read = readOptions(reconstructOptions, options);
  const { tolerance, maxIterations, signal } = read;
  const { dimension } = shape;
  const batch = vectorBatch('starts', starts);
  if (batch.dimension !== dimension) {
    throw shapeError('starts.dimension', `${dimension} as in the memory`, String(batch.dimension));
  }
  const labels = readClasses(read.classes, batch.count, shape.classes);
  const clamped = readClamped(read.clamped, dimension);
  const total = batch.count * shape.hiddenUnits * (maxIterations + 1);
  const parts = await inParts(batch, total, {}, read, ({ batch: { positions, count }, first, onProgress }) => {
    const own = labels.subarray(first, first + count);
    return runTask(
      (report) =>
        native.reconstructOnSphere(model, positions, {
          count,
          labels: own,
          clamped,
          tolerance,
          maxIterations,
          firstIndex: first,
          onProgress: report,
        }),
      { signal, onProgress },
    );
  });
  return joined(batch.count, dimension, parts);
}

/** The class y of every start; -1 where no class is given. */
function readClasses(value: unknown, count: number, classes: number): Int32Array {
  const name = 'options.classes';
  if (value === undefined) return new Int32Array(count).fill(anyClass);
  if (typeof value === 'number') return new Int32Array(count).fill(integer(name, value, 0, classes));
  if (!isArray(value) && !types.isInt32Array(value)) {
    throw shapeError(name, 'a class, an array of classes or an Int32Array', describe(value));
  }
  if (value.length !== count) throw shapeError(name, `${count} classes (one a start)`, String(value.length));
  return Int32Array.from(checkedElements(name, value, (each, y) => integer(each, y, 0, classes)));
}

/** 1 for every clamped coordinate. */
function readClamped(value: unknown, dimension: number): Uint8Array | undefined {
  const name = 'options.clamped';
  if (value === undefined) return undefined;
  if (!isArray(value) && !types.isUint8Array(value)) {
    throw shapeError(name, 'an array of booleans or a Uint8Array', describe(value));
  }
  if (value.length !== dimension) {
    throw shapeError(name, `${dimension} flags (one a coordinate)`, String(value.length));
  }
  if (types.isUint8Array(value)) return value.map((flag) => (flag === 0 ? 0 : 1));
  const flags = checkedElements(name, value, (each, flag) => {
    if (typeof flag !== 'boolean') throw shapeError(each, 'true or false', describe(flag));
    return flag ? 1 : 0;
  });
  return Uint8Array.from(flags);
}

function joined(count: number, dimension: number, parts: readonly NativeReconstruction[]): Reconstruction {
  const values = concatFloats(parts.map(({ states }) => states));
  return { states: { count, dimension, values }, ...concatColumns(reconstructionColumns, parts) };
}

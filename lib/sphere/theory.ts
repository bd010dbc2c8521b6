import { fitsInMemory } from '../core/availableMemory.ts';
import {
  asGiven,
  callOptions,
  optional,
  type Read,
  readOptions,
  required,
  signalOptions,
  specify,
} from '../core/options.ts';
import { aSeed, type Seed, seedBits } from '../core/random.ts';
import type { CallOptions, FloatArray, Matrix } from '../core/types.ts';
import {
  extent,
  fields,
  floatArray,
  indexArray,
  integer,
  nonNegative,
  product,
  rangeError,
  shapeError,
} from '../core/validate.ts';
import { maxIterationsLimit } from '../memory/verbOptions.ts';
import { native } from '../native/addon.ts';
import { runTask } from '../native/calls.ts';
import { trainingNumbers } from './settings.ts';
import {
  type CheckedParameters,
  checkMultiplierSpace,
  type LabelledRows,
  marginals,
  nonNegativeOrInfinite,
  ofClasses,
  ofUnits,
  readLabelledRows,
  readLengths,
  readParameters,
  readShares,
  readSoftening,
  readTargets,
  signalFactor,
  toNativeTheory,
} from './theoryInput.ts';
import type { ClassWeights, VonMisesFisherParameters } from './types.ts';

// The stationary points of the von Mises-Fisher memory (Thériault and Tantari 2025, section 3), as functions. The
// saddle-point equations themselves are in saddlePoint.ts.

/**
 * Effective inverse temperature of a student with noisy data of a teacher: s(2 v) beta with s(x) = x / (sqrt(x^2 + 1) +
 * 1) (eq. 9). The factor s(2 v) is the `betaScale` of the effective loss that the student then minimises (eq. 12).
 *
 * @param beta the student's inverse temperature, at least 0.
 * @param v the teacher's inverse temperature over the dimension, beta* / N: at least 0; Infinity stands for data
 * without noise and gives beta.
 * @throws DenseamError ERR_RANGE.
 */
export function effectiveInverseTemperature(beta: number, v: number): number {
  return nonNegative('beta', beta) * signalFactor(2 * nonNegativeOrInfinite('v', v));
}

export interface MultiplierOptions {
  /** Target row sums p_h, P + 1 nonnegative numbers with sum 1. */
  readonly hiddenShares: ArrayLike<number>;
  /** Target column sums p_q, C + 1 nonnegative numbers with sum 1. */
  readonly classShares: ArrayLike<number>;
  /** Signal that aborts the call: its promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The solution of eq. 21. */
export interface Multipliers {
  /** Class weights p = pbar / (lambda + omega), (P + 1) x (C + 1), with the given marginals. */
  readonly classWeights: Matrix;
  /** Multipliers omega of the hidden units; Infinity where their share is zero. */
  readonly rowMultipliers: Float64Array;
  /** Multipliers lambda of the classes; Infinity where their share is zero. */
  readonly columnMultipliers: Float64Array;
  /** Steps of Newton's method. */
  readonly iterations: number;
  /** Greatest relative error of a marginal, or of p (lambda + omega) as a pbar: about 1e-14. */
  readonly residual: number;
}

const multiplierOptions = specify<MultiplierOptions>()({
  ...signalOptions,
  hiddenShares: required<unknown, ArrayLike<number>>(asGiven),
  classShares: required<unknown, ArrayLike<number>>(asGiven),
});

/**
 * The class weights p = pbar / (lambda_y + omega_gamma) that have the given marginals, and the Lagrange multipliers
 * lambda and omega (eq. 21). They maximise sum pbar log p among all tables with these marginals and the zeros of pbar,
 * so there is at most one solution, with every lambda + omega above 0. A primal-dual Newton method finds it to about
 * 1e-14, even if pbar spans the range of doubles. Only sums lambda + omega are determined; the constant is chosen so
 * that sum_y lambda_y p_q(y) = sum_gamma omega_gamma p_h(gamma). Where p is much greater than pbar their sum loses
 * digits, but p does not.
 *
 * Numbers of pbar between zero and 1e-290 of their sum count as 1e-290 of it. Where a share is zero, class weights are
 * zero and the multiplier is Infinity, for any pbar. A unit or a class that has a share but no pbar is refused, as is
 * any other pattern of zeros that leaves no table with these marginals.
 *
 * @param pbar (P + 1) x (C + 1) numbers that are finite and not negative.
 * @throws DenseamError ERR_SHAPE; ERR_RANGE, also where there is no solution; ERR_NOT_FINITE; the signal's reason.
 */
export async function classWeightMultipliers(pbar: ClassWeights, options: MultiplierOptions): Promise<Multipliers> {
  const read = readOptions(multiplierOptions, options);
  const given = fields('pbar', pbar, ['rows', 'columns', 'data']);
  const rows = extent('pbar.rows', given.rows);
  const columns = extent('pbar.columns', given.columns);
  const numbers = floatArray('pbar.data', given.data, product('pbar', rows, columns), `${rows} x ${columns}`);
  numbers.forEach((value, at) => {
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) nonNegative(`pbar.data[${at}]`, value);
  });
  const hiddenShares = readShares('options.hiddenShares', read.hiddenShares, rows, ofUnits);
  const classShares = readShares('options.classShares', read.classShares, columns, ofClasses);
  checkMultiplierSpace(rows, classShares);
  const { signal } = read;
  const found = await runTask(
    () => native.classWeightMultipliers(numbers, { units: rows, labels: columns, hiddenShares, classShares }),
    {
      signal,
    },
  );
  return {
    classWeights: { rows, columns, data: found.classWeights },
    rowMultipliers: found.rows,
    columnMultipliers: found.columns,
    iterations: found.iterations,
    residual: found.residual,
  };
}

export interface TheoryOptions extends CallOptions {
  /**
   * Share of every label that is spread evenly over all classes, "none" too; from 0 to 1. Default 0.1. Only beside
   * labels.
   */
  readonly labelSoftening?: number | undefined;
}

export interface StationarityOptions extends TheoryOptions {
  /** Hidden shares p_h that class weights are held to, P + 1 numbers. Default: their own. */
  readonly hiddenShares?: ArrayLike<number> | undefined;
  /** Class shares p_q, C + 1 numbers. Default: their own. */
  readonly classShares?: ArrayLike<number> | undefined;
}

/** Distance of parameters from a stationary point of the loss. */
export interface Stationarity {
  /** Residual |w - wbar / |wbar|| of each memory, from 0 to 2; 0 where no row supports it. */
  readonly memories: Float64Array;
  /** The greatest |p - pbar / zeta| of each unit, P + 1 numbers, the background first; 0 where no row supports it. */
  readonly classWeights: Float64Array;
  /** The greatest of each. */
  readonly greatestMemory: number;
  readonly greatestClassWeight: number;
  /** Indices of the memories whose wbar is zero: the equations do not determine them. */
  readonly unsupported: Int32Array;
  /** Memory sums wbar = sum_n gamma_n^mu x_n, P x N. */
  readonly memorySums: Matrix;
  /** Class sums pbar, (P + 1) x (C + 1). */
  readonly classSums: Matrix;
}

const theoryOptions = specify<TheoryOptions>()({
  ...callOptions,
  labelSoftening: optional(trainingNumbers.softening),
});
const stationarityOptions = specify<StationarityOptions>()({
  ...theoryOptions,
  hiddenShares: optional<unknown, ArrayLike<number>>(asGiven),
  classShares: optional<unknown, ArrayLike<number>>(asGiven),
});

/**
 * The residuals of the stationarity conditions (eq. 6) of the loss with labels, at betaScale beta where betaScale is
 * not 1 (eq. 12): at a stationary point every memory is wbar / |wbar| and all class weights are pbar / zeta
 * ({@link classWeightMultipliers}). Units and classes that no row supports at all (a pbar of zeros) keep their class
 * weights in this comparison.
 *
 * Computes in double precision; rows are copied as such. One pass over them.
 *
 * @throws DenseamError ERR_SHAPE, ERR_RANGE, ERR_NOT_FINITE, ERR_OUT_OF_MEMORY; the signal's reason.
 */
export async function stationarity(
  parameters: VonMisesFisherParameters,
  data: LabelledRows,
  options: StationarityOptions = {},
): Promise<Stationarity> {
  const read = readOptions(stationarityOptions, options);
  const checked = readParameters('parameters', parameters);
  const columns = checked.classes + 1;
  const rows = checked.hiddenUnits + 1;
  const { batch, targets } = readRows(checked, data, read);
  const own = marginals(checked.classWeights, columns);
  const given = (name: 'hiddenShares' | 'classShares', count: number, what: string) =>
    read[name] === undefined ? own[name] : readShares(`options.${name}`, read[name], count, what);
  const hiddenShares = given('hiddenShares', rows, ofUnits);
  const classShares = given('classShares', columns, ofClasses);
  checkMultiplierSpace(rows, classShares);
  const handles = await toNativeTheory(checked, batch, read);
  const found = await runTask(
    (report) =>
      native.sphereStationarity(handles.model, handles.rows, {
        targets,
        hiddenShares,
        classShares,
        onProgress: report,
      }),
    read,
  );
  return {
    memories: found.memories,
    classWeights: found.classWeights,
    greatestMemory: greatest(found.memories),
    greatestClassWeight: greatest(found.classWeights),
    unsupported: found.unsupported,
    memorySums: { rows: checked.hiddenUnits, columns: checked.memories.dimension, data: found.memorySums },
    classSums: { rows, columns, data: found.classSums },
  };
}

/** Parameters and, for a solution of the saddle-point equations, the lengths of its memories. */
export interface SaddlePointParameters extends VonMisesFisherParameters {
  /** Length of each memory in overlaps, P numbers. Default 1. */
  readonly lengths?: Float64Array | undefined;
}

/**
 * Duplicates hidden units without a change of the model's function (eq. 13): a copy of each of these memories follows
 * the others, in this order, and each copy and original have half of the class weights. A stationary point of the loss
 * (eq. 6), or of the saddle-point equations with rho = Infinity, gives one with P + R units. With finite rho it is not:
 * each half has half of the order parameter, so its memory shortens.
 *
 * Runs at once, on the calling thread, and copies everything.
 *
 * @param indices of the memories, 0 to P - 1, each at most once.
 * @throws DenseamError ERR_SHAPE, ERR_RANGE.
 */
export function duplicate(
  parameters: SaddlePointParameters,
  indices: ArrayLike<number>,
): SaddlePointParameters & { readonly lengths: Float64Array; readonly classWeights: Matrix } {
  const checked = readParameters('parameters', parameters);
  const { hiddenUnits, classes } = checked;
  const { dimension } = checked.memories;
  const copied = indexArray('indices', indices, hiddenUnits);
  const seen = new Set<number>();
  const repeated = copied.findIndex((index) => seen.size === seen.add(index).size);
  if (repeated >= 0) throw rangeError(`indices[${repeated}]`, 'an index without repetition', copied[repeated]);
  const lengths = readLengths('parameters.lengths', checked.lengths, hiddenUnits);
  const halves = checked.classWeights.slice();
  for (const index of copied) {
    const own = halves.subarray((index + 1) * (classes + 1), (index + 2) * (classes + 1));
    own.forEach((weight, y) => {
      own[y] = weight / 2;
    });
  }
  return {
    dimension,
    hiddenUnits: hiddenUnits + copied.length,
    classes,
    beta: checked.beta,
    betaScale: checked.betaScale,
    memories: withCopies(checked.memories.positions, dimension, copied),
    lengths: withCopies(lengths, 1, copied),
    classWeights: {
      rows: hiddenUnits + copied.length + 1,
      columns: classes + 1,
      data: withCopies(
        halves,
        classes + 1,
        copied.map((index) => index + 1),
      ),
    },
  };
}

/** Rows of `width` numbers, and copies of some of them after all others. */
function withCopies<Numbers extends FloatArray>(values: Numbers, width: number, copied: Int32Array): Numbers {
  const make = values.constructor as new (length: number) => Numbers;
  const result = new make(values.length + copied.length * width);
  result.set(values);
  copied.forEach((index, at) => {
    result.set(values.subarray(index * width, (index + 1) * width), values.length + at * width);
  });
  return result;
}

export interface SplittingStabilityOptions extends TheoryOptions {
  /** Maximum number of passes of power iteration. Default 1000. */
  readonly maxPasses?: number | undefined;
  /** Relative change of all greatest eigenvalues at which power iteration ends. Default 1e-12. */
  readonly tolerance?: number | undefined;
  /** Seed of the first directions. Default 0. */
  readonly seed?: Seed | undefined;
}

/** Stability of each memory when it is duplicated and the copies move apart a little. */
export interface SplittingStability {
  /**
   * The effective inverse temperature above which the copies part, E[gamma m] / lambda_max(C) of each memory. Infinity
   * where C is zero.
   */
  readonly betaSplit: Float64Array;
  /**
   * The quadratic form b / |xbar| sum_n gamma (x.u)^2 of the Jacobian of the saddle-point equations (rho = Infinity)
   * along the perturbation (u, -u) of the copies: its growth factor in one application, at a fixed point and with class
   * weights held.
   */
  readonly quadraticForms: Float64Array;
  /** Whether the quadratic form exceeds 1. */
  readonly unstable: readonly boolean[];
  /**
   * The least eigenvalue of the splitting matrix, b E[gamma m] - b^2 lambda_max(C): negative where descent of the loss
   * splits.
   */
  readonly eigenvalues: Float64Array;
  /**
   * Directions u, P x N, of norm 1: the leading principal direction of each memory's own soft cluster, tangent to the
   * sphere.
   */
  readonly directions: Matrix;
  /** Number of passes. */
  readonly passes: number;
}

const stabilityOptions = specify<SplittingStabilityOptions>()({
  ...theoryOptions,
  maxPasses: optional((name, value) => integer(name, value, 1, maxIterationsLimit), 1000),
  tolerance: optional(nonNegative, 1e-12),
  seed: optional(aSeed, 0),
});

/**
 * Tests whether a duplicate ({@link duplicate}) of each memory is a saddle (section 3.2 and appendix I). With b =
 * betaScale beta and the covariance C = E[gamma x~ x~'] of the parts x~ of the rows at right angles to the memory,
 * weighted by its responsibility gamma, the perturbation of the copies along (u, -u), u the leading eigenvector of C,
 * grows if b > E[gamma m] / lambda_max(C), m = w.x. This does not approximate gamma by 0 and 1, since the copies share
 * it evenly. At a fixed point both criteria agree; elsewhere `quadraticForms` uses |xbar| where `eigenvalues` uses its
 * part along w.
 *
 * Computes in double precision, by power iteration for all memories at once: two products of the size rows x
 * hiddenUnits x dimension a pass. Takes memory for two tables of rows x hiddenUnits.
 *
 * @throws DenseamError ERR_SHAPE, ERR_RANGE, ERR_NOT_FINITE, ERR_OUT_OF_MEMORY; the signal's reason.
 */
export async function splittingStability(
  parameters: VonMisesFisherParameters,
  data: LabelledRows,
  options: SplittingStabilityOptions = {},
): Promise<SplittingStability> {
  const read = readOptions(stabilityOptions, options);
  const checked = readParameters('parameters', parameters);
  const { maxPasses, tolerance } = read;
  const iteration = { maxPasses, tolerance, seed: seedBits(read.seed) };
  const { batch, targets } = readRows(checked, data, read);
  const { hiddenUnits, beta, betaScale } = checked;
  fitsInMemory('the work space', 2 * batch.count * hiddenUnits * Float64Array.BYTES_PER_ELEMENT);
  const { model, rows } = await toNativeTheory(checked, batch, read);
  const { eigenvalues, spreads, pulls, resultants, directions, passes } = await runTask(
    (report) => native.sphereSplittingSpectrum(model, rows, { targets, ...iteration, onProgress: report }),
    read,
  );
  const quadraticForms = spreads.map((spread, mu) =>
    spread > 0 ? (betaScale * beta * spread) / (resultants[mu] as number) : 0,
  );
  return {
    betaSplit: spreads.map((spread, mu) => (spread > 0 ? (pulls[mu] as number) / spread : Number.POSITIVE_INFINITY)),
    quadraticForms,
    unstable: Array.from(quadraticForms, (form) => form > 1),
    eigenvalues,
    directions: { rows: hiddenUnits, columns: batch.dimension, data: directions },
    passes,
  };
}

function readRows(parameters: CheckedParameters, data: LabelledRows, options: Read<typeof theoryOptions>) {
  const given = readLabelledRows(data);
  const { batch } = given;
  const { dimension } = parameters.memories;
  if (batch.dimension !== dimension) {
    throw shapeError('data.dimension', `${dimension}, that of the memories,`, String(batch.dimension));
  }
  const softening = readSoftening(options.labelSoftening, given);
  return { batch, targets: readTargets(given, batch.count, parameters.classes, softening) };
}

function greatest(values: Float64Array): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}

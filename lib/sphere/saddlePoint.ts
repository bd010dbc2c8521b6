import { setImmediate } from 'node:timers/promises';
import { fitsInMemory } from '../core/availableMemory.ts';
import { asGiven, callOptions, optional, type Read, readOptions, required, specify } from '../core/options.ts';
import { aSeed, type Seed, seedBits } from '../core/random.ts';
import type { CallOptions, Matrix, Vectors } from '../core/types.ts';
import { extent, integer, nonNegative, object, property, rangeError, shapeError } from '../core/validate.ts';
import { type Batch, vectorBatch } from '../memory/batches.ts';
import { partBytes } from '../memory/partsAtOnce.ts';
import { iterations } from '../memory/verbOptions.ts';
import { type NativeSphereRows, native } from '../native/addon.ts';
import { coded, runTask } from '../native/calls.ts';
import { toNativeRows } from './rows.ts';
import type { SaddlePointParameters } from './theory.ts';
import {
  checkMultiplierSpace,
  marginals,
  nonNegativeOrInfinite,
  ofClasses,
  ofUnits,
  readLengths,
  readParameters,
  readShares,
  readSoftLabels,
  signalFactor,
} from './theoryInput.ts';
import type { ClassWeights } from './types.ts';

// The saddle-point equations of the teacher-student setting (Thériault and Tantari 2025, section 3.1 and appendix H).

/** Setting of a student that learns from a teacher, and the iteration's stopping rule. */
export interface SaddlePointOptions extends CallOptions {
  /** The student's inverse temperature beta, at least 0. */
  readonly beta: number;
  /**
   * The teacher's inverse temperature over the dimension, beta* / N: at least 0. Default Infinity: data without noise.
   * See {@link effectiveInverseTemperature}.
   */
  readonly v?: number | undefined;
  /** The load M / (P* N), M the number of data: at least 0. Default Infinity: unlimited data. */
  readonly rho?: number | undefined;
  /** The number P of the student's hidden units. Not beside `start`. */
  readonly hiddenUnits?: number | undefined;
  /** Hidden shares p_h, P + 1 numbers with sum 1. Default: even. Not beside `start`. */
  readonly hiddenShares?: ArrayLike<number> | undefined;
  /** Class shares p_q, C + 1 numbers with sum 1. Default: those of the data. Not beside `start`. */
  readonly classShares?: ArrayLike<number> | undefined;
  /**
   * Seed of the initial memories, uniform on the sphere; default 0. Initial class weights are products of the shares.
   */
  readonly seed?: Seed | undefined;
  /** Initial state instead; the shares are those of its class weights. Its beta and betaScale are ignored. */
  readonly start?: SaddlePointParameters | undefined;
  /**
   * A state is a fixed point when one more application of the equations changes no memory (times its length) and no
   * class weight by more than this. Default 1e-10.
   */
  readonly tolerance?: number | undefined;
  /** Maximum number of applications. Default 10,000; 0 evaluates the start. */
  readonly maxIterations?: number | undefined;
}

/** Setting with a teacher of random memories. */
export interface TeacherSaddlePointOptions extends SaddlePointOptions {
  /**
   * The dimension N, at least `teacherUnits`. The theory holds in its limit; here it sets the normaliser Omega_N(beta).
   */
  readonly dimension: number;
  /** The number P* of the teacher's memories. */
  readonly teacherUnits: number;
  /** The teacher's class shares p_q*, C + 1 numbers with sum 1. */
  readonly teacherClassShares: ArrayLike<number>;
}

/**
 * A solution, or the last state where the iterations were used up. As parameters of a model it is a stationary point of
 * the effective loss (eq. 12) where rho is Infinity.
 */
export interface SaddlePoint extends SaddlePointParameters {
  /** The beta scale s(2 v). */
  readonly betaScale: number;
  /** Directions of the order parameters, P x N, of norm 1, or zeros without a direction. */
  readonly memories: Float64Array;
  /** Length s(2 beta_eff rho |xbar|) of each memory: its overlap with its own direction. 1 where rho is Infinity. */
  readonly lengths: Float64Array;
  /** Class weights p, (P + 1) x (C + 1). */
  readonly classWeights: Matrix;
  /** Overlaps m, P* x P, of each pattern, or memory of the teacher, with each memory of the student. */
  readonly overlaps: Matrix;
  /** Order parameters xbar of this state, P x N. Their directions are the memories, to within the residual. */
  readonly orderParameters: Matrix;
  /** Class sums pbar of this state, (P + 1) x (C + 1). */
  readonly classSums: Matrix;
  /** Number of applications. */
  readonly iterations: number;
  /** Change by one more application. */
  readonly residual: number;
  /** Reason why it stopped: the residual is within the tolerance, or the iterations were used up. */
  readonly stopped: 'converged' | 'iterations';
}

const greatestCount = 2 ** 31 - 1;

const solverOptions = specify<SaddlePointOptions>()({
  ...callOptions,
  beta: required(nonNegative),
  v: optional(nonNegativeOrInfinite, Number.POSITIVE_INFINITY),
  rho: optional(nonNegativeOrInfinite, Number.POSITIVE_INFINITY),
  hiddenUnits: optional(positiveCount),
  hiddenShares: optional<unknown, ArrayLike<number>>(asGiven),
  classShares: optional<unknown, ArrayLike<number>>(asGiven),
  seed: optional(aSeed),
  start: optional<unknown, SaddlePointParameters>(asGiven),
  tolerance: optional(nonNegative, 1e-10),
  maxIterations: optional(iterations, 10_000),
});

const teacherOptions = specify<TeacherSaddlePointOptions>()({
  ...solverOptions,
  dimension: required(positiveCount),
  teacherUnits: required(positiveCount),
  teacherClassShares: required<unknown, ArrayLike<number>>(asGiven),
});

type Solver = Read<typeof solverOptions>;

function positiveCount(name: string, value: unknown): number {
  return integer(name, value, 1, greatestCount);
}

/**
 * Solves the saddle-point equations of a student whose teacher is clamped to patterns with soft labels (eq. 10), by
 * repeated application. With rho = Infinity this is expectation-maximisation of the effective loss (eq. 12): the loss
 * never rises and the fixed point is a stationary point of it, but near a saddle it may take thousands of applications.
 * An application costs two products of the size patterns x hiddenUnits x dimension.
 *
 * @param patterns P* rows of norm 1, or of zeros.
 * @param targets their soft labels, P* x (C + 1): rows of probabilities, class "none" first.
 * @throws DenseamError ERR_SHAPE, ERR_RANGE, ERR_NOT_FINITE, ERR_OUT_OF_MEMORY; the signal's reason.
 */
export async function solveSaddlePoint(
  patterns: Vectors,
  targets: ClassWeights,
  options: SaddlePointOptions,
): Promise<SaddlePoint> {
  const read = readOptions(solverOptions, options);
  const batch = vectorBatch('patterns', patterns);
  const columns = readColumns(targets);
  const labels = readSoftLabels('targets', targets, batch.count, columns);
  const { count, dimension } = batch;
  const rows = (signal: CallOptions['signal']) =>
    toNativeRows(`${batch.name}.values`, batch, 'float64', 'allowed', { signal });
  const classShares = meanOfRows(labels, columns);
  return solve({ count, dimension, classShares, rows, targets: async () => labels }, read);
}

/**
 * Solves the saddle-point equations for a teacher with random memories, each with classes of its own (eq. 9). In high
 * dimension such memories are orthogonal, so this solves the equations of {@link solveSaddlePoint} with the first P*
 * unit vectors of R^N as patterns, each with the class shares as its labels. Memories and order parameters are in those
 * coordinates.
 *
 * @throws DenseamError ERR_SHAPE, ERR_RANGE, ERR_OUT_OF_MEMORY; the signal's reason.
 */
export async function solveTeacherSaddlePoint(options: TeacherSaddlePointOptions): Promise<SaddlePoint> {
  const read = readOptions(teacherOptions, options);
  const { dimension } = read;
  const count = integer('options.teacherUnits', read.teacherUnits, 1, dimension);
  const name = 'options.teacherClassShares';
  const length = property(name, object(name, read.teacherClassShares), 'length');
  const columns = integer(`${name}.length`, length, 2, greatestCount);
  const classShares = readShares(name, read.teacherClassShares, columns, ofClasses);
  const rows = (signal: CallOptions['signal']) => unitVectors(count, dimension, signal);
  const targets = (signal: CallOptions['signal']) => repeated(classShares, count, signal);
  return solve({ count, dimension, classShares, rows, targets }, read);
}

/** The first unit vectors of R^N, made a few megabytes at a time. */
async function unitVectors(count: number, dimension: number, signal: CallOptions['signal']): Promise<NativeSphereRows> {
  const rows = coded(() => native.makeSphereRows({ dimension, precision: 'float64', capacity: count }));
  const height = Math.max(1, Math.floor(partBytes / (dimension * Float64Array.BYTES_PER_ELEMENT)));
  for (let first = 0; first < count; first += height) {
    const own = Math.min(height, count - first);
    const values = new Float64Array(own * dimension);
    for (let row = 0; row < own; row++) values[row * dimension + first + row] = 1;
    await runTask(
      () =>
        native.appendSphereRows(rows, values, { count: own, name: 'patterns', firstIndex: first, allowsZero: false }),
      { signal },
    );
  }
  return rows;
}

/** A table of equal rows, written a few megabytes at a time. */
async function repeated(row: Float64Array, count: number, signal: CallOptions['signal']): Promise<Float64Array> {
  const table = new Float64Array(count * row.length);
  const height = Math.max(1, Math.floor(partBytes / row.byteLength));
  for (let first = 0; first < count; first += height) {
    if (first > 0) await setImmediate();
    signal?.throwIfAborted();
    const end = Math.min(count, first + height);
    for (let at = first; at < end; at++) table.set(row, at * row.length);
  }
  return table;
}

/** Reads the number C + 1 of columns, C at least 1. */
function readColumns(targets: ClassWeights): number {
  const columns = extent('targets.columns', property('targets', object('targets', targets), 'columns'));
  if (columns < 2) throw shapeError('targets.columns', 'at least 2 ("none" and a class)', String(columns));
  return columns;
}

function meanOfRows(labels: Float64Array, columns: number): Float64Array {
  const { classShares } = marginals(labels, columns);
  const sum = classShares.reduce((a, b) => a + b, 0);
  return classShares.map((share) => share / sum);
}

/** A problem to solve. Its large arrays are made after the check that all of them fit in memory. */
interface Problem {
  readonly count: number;
  readonly dimension: number;
  readonly classShares: Float64Array;
  rows(signal: CallOptions['signal']): Promise<NativeSphereRows>;
  targets(signal: CallOptions['signal']): Promise<Float64Array>;
}

async function solve(problem: Problem, options: Solver): Promise<SaddlePoint> {
  const { beta, rho: load, tolerance, maxIterations, signal } = options;
  const betaScale = signalFactor(2 * options.v);
  const { count, dimension } = problem;
  const columns = problem.classShares.length;
  const { memories, ...start } =
    options.start !== undefined ? givenStart(options, problem) : await randomStart(options, problem);
  const units = memories.count;
  const memoryRows = await toNativeRows(memories.name, memories, 'float64', 'allowed', { signal });
  const rows = await problem.rows(signal);
  const targets = await problem.targets(signal);
  const settings = { ...start, labels: columns, beta, betaScale, load, tolerance, maxIterations };
  const found = await runTask(
    (report) => native.solveSphereSaddlePoint(rows, memoryRows, { targets, ...settings, onProgress: report }),
    options,
  );
  return {
    dimension,
    hiddenUnits: units,
    classes: columns - 1,
    beta,
    betaScale,
    memories: found.memories,
    lengths: found.lengths,
    classWeights: { rows: units + 1, columns, data: found.classWeights },
    overlaps: { rows: count, columns: units, data: found.overlaps },
    orderParameters: { rows: units, columns: dimension, data: found.memorySums },
    classSums: { rows: units + 1, columns, data: found.classSums },
    iterations: found.iterations,
    residual: found.residual,
    stopped: found.converged ? 'converged' : 'iterations',
  };
}

/** Rows of a native batch (native/sphere/saddle_point.cc). */
const batchRows = 4096;

/**
 * Checks the least memory of a solution: memories and class weights in several states, and scores and overlaps of
 * patterns.
 */
function checkSpace({ count, dimension, classShares }: Problem, units: number): void {
  const columns = classShares.length;
  const states = 8 * units * dimension + 6 * (units + 1) * columns;
  const patterns = count * dimension + 2 * count * columns + (Math.min(count, batchRows) + count) * units;
  fitsInMemory('the work space', (states + patterns) * Float64Array.BYTES_PER_ELEMENT);
}

interface Start {
  readonly memories: Batch;
  readonly lengths: Float64Array;
  readonly classWeights: Float64Array;
  readonly hiddenShares: Float64Array;
  readonly classShares: Float64Array;
}

function givenStart(options: Solver, problem: Problem): Start {
  const { dimension, classShares } = problem;
  const columns = classShares.length;
  for (const name of ['hiddenUnits', 'hiddenShares', 'classShares', 'seed'] as const) {
    if (options[name] !== undefined) throw rangeError(`options.${name}`, 'nothing beside options.start', options[name]);
  }
  const {
    hiddenUnits,
    classes,
    memories,
    classWeights,
    lengths: given,
  } = readParameters('options.start', options.start);
  if (memories.dimension !== dimension) {
    throw shapeError('options.start.dimension', `${dimension}, that of the patterns,`, String(memories.dimension));
  }
  if (classes + 1 !== columns) {
    throw shapeError('options.start.classes', `${columns - 1}, as in the soft labels,`, String(classes));
  }
  const lengths = readLengths('options.start.lengths', given, hiddenUnits);
  const shares = marginals(classWeights, columns);
  checkSpace(problem, hiddenUnits);
  checkMultiplierSpace(hiddenUnits + 1, shares.classShares);
  return { memories, lengths, classWeights, ...shares };
}

async function randomStart(options: Solver, problem: Problem): Promise<Start> {
  const hiddenUnits = positiveCount('options.hiddenUnits', options.hiddenUnits);
  const { dimension, classShares: ownShares } = problem;
  const labels = ownShares.length;
  checkSpace(problem, hiddenUnits);
  const hiddenShares =
    options.hiddenShares !== undefined
      ? readShares('options.hiddenShares', options.hiddenShares, hiddenUnits + 1, ofUnits)
      : new Float64Array(hiddenUnits + 1).fill(1 / (hiddenUnits + 1));
  const classShares =
    options.classShares !== undefined
      ? readShares('options.classShares', options.classShares, labels, ofClasses)
      : ownShares;
  checkMultiplierSpace(hiddenUnits + 1, classShares);
  const seed = seedBits(options.seed ?? 0);
  const drawn = await runTask(
    () =>
      native.initialSphereState({
        dimension,
        precision: 'float64',
        hiddenUnits,
        labels,
        hiddenShares,
        classShares,
        beta: 1,
        betaScale: 1,
        seed,
      }),
    { signal: options.signal },
  );
  const values = drawn.memories;
  return {
    memories: vectorBatch('options.start', { count: hiddenUnits, dimension, values }),
    lengths: new Float64Array(hiddenUnits).fill(1),
    classWeights: drawn.classWeights,
    hiddenShares,
    classShares,
  };
}

import type { BetaOptions, IterationOptions, PruningOptions, RetrieveOptions, SweepOptions } from './types.ts';
import { checkOptions, integer, nonNegative, object, positive, rangeError } from './validate.ts';

/** Checks and defaults of the options that verbs share. */

/** What the native side counts with. */
export const maxIterationsLimit = 2 ** 31 - 1;

/** A weight below half the spacing of the numbers just below 1. */
const invisibleMass = 2 ** -53;

export function readBeta(options: BetaOptions): number {
  checkOptions(options);
  return positive('options.beta', options.beta);
}

/** One or more inverse temperatures. */
function readBetas(name: 'options.beta' | 'options.betas', betas: unknown): Float64Array {
  if (!Array.isArray(betas) && !(betas instanceof Float64Array)) {
    throw rangeError(name, name === 'options.beta' ? 'a finite number above 0 or an array of them' : 'an array', betas);
  }
  if (betas.length === 0) throw rangeError(name, 'at least one number', betas);
  return Float64Array.from(betas as ArrayLike<number>, (beta, i) => positive(`${name}[${i}]`, beta));
}

/** The inverse temperatures of one iteration after the other. */
export function readSchedule(options: Pick<RetrieveOptions, 'beta'>): Float64Array {
  refuseOption(options, 'betas', 'beta');
  const { beta } = options;
  return readBetas('options.beta', typeof beta === 'number' ? [positive('options.beta', beta)] : beta);
}

/** The inverse temperatures of one retrieval each. */
export function readSweep(options: Pick<SweepOptions, 'betas'>): Float64Array {
  refuseOption(options, 'beta', 'betas');
  return readBetas('options.betas', options.betas);
}

/** Refuses the other one of `beta` and `betas`: whoever gives both means something else. */
function refuseOption(options: object, name: 'beta' | 'betas', instead: string): void {
  const value = (options as Record<string, unknown>)[name];
  if (value !== undefined) throw rangeError(`options.${name}`, `nothing beside options.${instead}`, value);
}

/** The mass that may be dropped; undefined where every item is to be evaluated. */
export function readPruning(pruning: PruningOptions['pruning']): number | undefined {
  if (pruning === undefined || pruning === true) return invisibleMass;
  if (pruning === false) return undefined;
  const given = object('options.pruning', pruning) as { mass: unknown };
  const [other] = Object.keys(given).filter((key) => key !== 'mass');
  if (other !== undefined) throw rangeError('options.pruning', 'only mass', other);
  if (positive('options.pruning.mass', given.mass) >= 1) {
    throw rangeError('options.pruning.mass', 'a number below 1', given.mass);
  }
  return given.mass as number;
}

/** True or false, or what stands for nothing given. */
export function readBoolean(name: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean') throw rangeError(name, 'true or false', value);
  return value;
}

export interface Iterating {
  /** Undefined where the memory's own scale is to say it. */
  readonly tolerance: number | undefined;
  readonly maxIterations: number;
  readonly pruning: number | undefined;
  readonly trajectory: boolean;
}

export function readIteration(options: IterationOptions, defaultIterations = 100): Iterating {
  return {
    tolerance: options.tolerance === undefined ? undefined : nonNegative('options.tolerance', options.tolerance),
    maxIterations: integer('options.maxIterations', options.maxIterations ?? defaultIterations, 0, maxIterationsLimit),
    pruning: readPruning(options.pruning),
    trajectory: readBoolean('options.trajectory', options.trajectory, false),
  };
}

import { types } from 'node:util';
import {
  aBoolean,
  callOptions,
  described,
  type OptionTable,
  optional,
  readOptions,
  required,
  specify,
} from '../core/options.ts';
import type {
  BetaOptions,
  CallOptions,
  DroppedMass,
  IterationOptions,
  NearestOptions,
  PruningOptions,
  RetrieveOptions,
  SweepOptions,
} from '../core/types.ts';
import { checkedElements, integer, isArray, nonNegative, positive, rangeError } from '../core/validate.ts';

// The options of the verbs that memories share.

/** Limit of the native counter. */
export const maxIterationsLimit = 2 ** 31 - 1;

/** Half the spacing of the doubles just below 1: a lost mass below it does not show. */
const invisibleMass = 2 ** -53;
/** The same in single precision, in which weights are accurate to 1e-4 only. */
const invisibleSingleMass = 2 ** -24;

const droppedMass = specify<DroppedMass>()({ mass: required(shareOfMass) });

function shareOfMass(name: string, value: unknown): number {
  if (positive(name, value) >= 1) throw rangeError(name, 'a number below 1', value);
  return value as number;
}

/** The mass that may be dropped, `invisible` by default; undefined to evaluate every item. */
function pruningOption(invisible: number) {
  const read = (name: string, value: unknown): number | undefined => {
    if (value === true) return invisible;
    return value === false ? undefined : readOptions(droppedMass, value, name).mass;
  };
  return optional<number | undefined, boolean | DroppedMass>(read, invisible);
}

/** Whether this is an array of numbers, plain or of floats of any precision. */
function isList(value: unknown): value is ArrayLike<unknown> {
  return isArray(value) || (types.isTypedArray(value) && value[Symbol.toStringTag].startsWith('Float'));
}

/** One or more inverse temperatures. */
function manyBetas(name: string, value: unknown): Float64Array {
  if (!isList(value)) throw rangeError(name, 'an array of numbers, plain or of floats', value);
  if (value.length === 0) throw rangeError(name, 'at least one number', value);
  return Float64Array.from(checkedElements(name, value, positive));
}

/** The inverse temperatures of one iteration after the other. */
function schedule(name: string, value: unknown): Float64Array {
  if (isList(value)) return manyBetas(name, value);
  if (typeof value === 'number') return Float64Array.of(positive(name, value));
  throw rangeError(name, 'a finite number above 0 or an array of them', value);
}

/** Steps of an iteration. */
export function iterations(name: string, value: unknown): number {
  return integer(name, value, 0, maxIterationsLimit);
}

/** Options of verbs that may leave items out. */
const pruningOptions = specify<PruningOptions>()({
  ...callOptions,
  pruning: pruningOption(invisibleMass),
});

/** The same verbs on items whose distances are those of single precision. */
const singlePruning = pruningOption(invisibleSingleMass);

/** The table of a verb on items in single precision: more may be left out of it. */
export function inSinglePrecision<Table extends OptionTable>(table: Table): Table {
  const { pruning } = table as Partial<typeof pruningOptions>;
  return pruning === pruningOptions.pruning ? { ...table, pruning: singlePruning } : table;
}

/** Options of verbs that weigh the items. */
export const betaOptions = specify<BetaOptions>()({ ...pruningOptions, beta: required(positive) });

/**
 * Options of a recall, whether with one beta or several. Defaults of `tolerance` and `maxIterations` are the memory's.
 */
export const iterationOptions = specify<IterationOptions>()({
  ...pruningOptions,
  tolerance: described(
    optional(nonNegative),
    'number',
    'distance from a fixed point at which a state stops',
    '1e-6 of the scale of the items',
  ),
  maxIterations: described(
    optional(iterations),
    { integerFrom: 0 },
    'maximum number of steps',
    '100, for point clouds 300',
  ),
  trajectory: optional(aBoolean, false),
});

export const retrieveOptions = specify<RetrieveOptions>()({
  ...iterationOptions,
  beta: required<Float64Array, RetrieveOptions['beta']>(schedule),
});

export const sweepOptions = specify<SweepOptions>()({
  ...iterationOptions,
  betas: described(
    required<Float64Array, SweepOptions['betas']>(manyBetas),
    'numbers',
    'inverse temperature, or several with commas between them for a retrieval each',
  ),
});

/** Options of the search in a memory of this size. */
export function nearestOptions(size: number) {
  return specify<NearestOptions>()({
    ...callOptions,
    k: described(
      optional((name, value) => integer(name, value, 1, size), 1),
      { integerFrom: 1 },
      'how many',
    ),
    pruning: optional(aBoolean, true),
  });
}

/**
 * Options of a verb, or never if one of them has no place among the options of the native verb: an option that is read
 * and then ignored does not compile.
 */
export type Passed<Options, Native> =
  Exclude<keyof Options, keyof Native | keyof CallOptions> extends never ? Options : never;

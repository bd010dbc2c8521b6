import { aBoolean, callOptions, described, optional, type Read, required, specify } from '../core/options.ts';
import { integer, nonNegative, positive, rangeError } from '../core/validate.ts';
import {
  betaOptions,
  iterationOptions,
  maxIterationsLimit,
  type Passed,
  retrieveOptions,
  sweepOptions,
} from '../memory/verbOptions.ts';
import type { NativeFlowOptions, NativeSolverOptions, NativeStoppingRule } from '../native/addon.ts';
import type {
  CloudIterationOptions,
  CloudRetrieveOptions,
  CloudStepOptions,
  CloudSweepOptions,
  FlowSteps,
  PointCloudLoadOptions,
  PointCloudOptions,
  SolverOptions,
  TransportOptions,
} from './types.ts';

// The options for point clouds.

const greatestTolerance = 0.01;

export const solverOptions = specify<SolverOptions>()({
  marginalTolerance: optional(marginalTolerance, 1e-10),
  maxSolverIterations: optional((name, value) => integer(name, value, 1, maxIterationsLimit), 10_000),
});

function marginalTolerance(name: string, value: unknown): number {
  if (positive(name, value) > greatestTolerance) throw rangeError(name, `at most ${greatestTolerance}`, value);
  return value as number;
}

export const loadOptions = specify<PointCloudLoadOptions>()({ ...callOptions, ...solverOptions });

export const createOptions = specify<PointCloudOptions>()({
  ...loadOptions,
  epsilon: described(required(positive), 'number', 'entropic regularisation, in the units of a squared distance'),
});

export const transportOptions = specify<TransportOptions>()({
  ...callOptions,
  ...solverOptions,
  epsilon: required(positive),
});

/** The greatest number of costs that a problem between clouds keeps: 128 MiB of them. Larger ones keep none. */
export const mostCosts = 2 ** 24;

/** The solver's options for the native side. */
export function solverOf({ marginalTolerance, maxSolverIterations }: NativeStoppingRule): NativeSolverOptions {
  return { marginalTolerance, maxSolverIterations, mostCosts };
}

/** The default of `reweightStep` is the memory's. */
export const flowSteps = specify<FlowSteps>()({
  transportStep: described(optional(shareOfStep, 1), 'number', 'step size of the points, from 0 (they stay) to 1'),
  reweightStep: described(
    optional(nonNegative),
    'number',
    'step size of the weights, from 0 (they stay) up',
    '1 / epsilon',
  ),
  gated: described(optional(aBoolean, true), 'flag', 'weights do not wait until points have arrived'),
});

function shareOfStep(name: string, value: unknown): number {
  if (nonNegative(name, value) > 1) throw rangeError(name, 'at most 1', value);
  return value as number;
}

function stepsOf(
  { transportStep, reweightStep, gated }: Read<typeof flowSteps>,
  epsilon: number,
): Pick<NativeFlowOptions, 'transportStep' | 'reweightStep' | 'gated'> {
  // The inverse of a number below 6e-309 is infinite.
  return { transportStep, reweightStep: reweightStep ?? Math.min(1 / epsilon, Number.MAX_VALUE), gated };
}

export const cloudStepOptions = specify<CloudStepOptions>()({ ...betaOptions, ...flowSteps });
const cloudIterationOptions = specify<CloudIterationOptions>()({ ...iterationOptions, ...flowSteps });
export const cloudRetrieveOptions = specify<CloudRetrieveOptions>()({ ...retrieveOptions, ...flowSteps });
export const cloudSweepOptions = specify<CloudSweepOptions>()({ ...sweepOptions, ...flowSteps });

const defaultIterations = 300;

/** The flow of a retrieval. */
export function flowOf(
  betas: Float64Array,
  read: Passed<Read<typeof cloudIterationOptions>, NativeFlowOptions>,
  epsilon: number,
): NativeFlowOptions {
  const { tolerance, maxIterations = defaultIterations, pruning, trajectory } = read;
  return { betas, tolerance, maxIterations, pruning, trajectory, asksEnergy: true, ...stepsOf(read, epsilon) };
}

/** The flow of a single step. */
export function singleStep(
  read: Passed<Read<typeof cloudStepOptions>, NativeFlowOptions & Pick<CloudStepOptions, 'beta'>>,
  epsilon: number,
): NativeFlowOptions {
  const { beta, pruning } = read;
  const once = { betas: Float64Array.of(beta), tolerance: 0, maxIterations: 1, trajectory: false, asksEnergy: false };
  return { ...once, pruning, ...stepsOf(read, epsilon) };
}

import { type Iterating, maxIterationsLimit, readIteration, readPruning } from '../core/options.ts';
import { checkOptions, integer, nonNegative, positive, rangeError } from '../core/validate.ts';
import type { NativeFlowOptions, NativeSolverOptions } from '../native.ts';
import type { CloudBetaOptions, CloudIterationOptions, FlowSteps, SolverOptions } from './types.ts';

// Checks and defaults of the options for point clouds.

const solverOptions = ['marginalTolerance', 'maxSolverIterations', 'onProgress', 'signal'];
const greatestTolerance = 0.01;
const defaultIterations = 300;

export const knownOptions = {
  load: new Set(solverOptions),
  create: new Set([...solverOptions, 'epsilon']),
  sinkhorn: new Set([...solverOptions, 'epsilon', 'plans']),
  divergence: new Set([...solverOptions, 'epsilon', 'gradient']),
  /** One object may serve all verbs of a memory. */
  verb: new Set([
    'beta',
    'betas',
    'k',
    'maxIterations',
    'onProgress',
    'pruning',
    'reweightStep',
    'signal',
    'tolerance',
    'trajectory',
    'transportStep',
  ]),
} as const;

export function readSolver(options: SolverOptions): NativeSolverOptions {
  const { marginalTolerance = 1e-10, maxSolverIterations = 10_000 } = options;
  if (positive('options.marginalTolerance', marginalTolerance) > greatestTolerance) {
    throw rangeError('options.marginalTolerance', `at most ${greatestTolerance}`, marginalTolerance);
  }
  return {
    marginalTolerance,
    maxSolverIterations: integer('options.maxSolverIterations', maxSolverIterations, 1, maxIterationsLimit),
  };
}

export function readWeighing(options: CloudBetaOptions): { beta: number; pruning: number | undefined } {
  checkOptions(options, knownOptions.verb);
  return { beta: positive('options.beta', options.beta), pruning: readPruning(options.pruning) };
}

export function readSteps(
  { transportStep = 1, reweightStep }: FlowSteps,
  epsilon: number,
): Pick<NativeFlowOptions, 'transportStep' | 'reweightStep'> {
  if (nonNegative('options.transportStep', transportStep) > 1) {
    throw rangeError('options.transportStep', 'at most 1', transportStep);
  }
  // The inverse of a number below 6e-309 is infinite.
  const whole = Math.min(1 / epsilon, Number.MAX_VALUE);
  return { transportStep, reweightStep: nonNegative('options.reweightStep', reweightStep ?? whole) };
}

/** All but the betas. */
export function readFlow(options: CloudIterationOptions, epsilon: number): Omit<NativeFlowOptions, 'betas' | 'sweep'> {
  const iterating: Iterating = readIteration(options, defaultIterations);
  return { ...iterating, tolerance: iterating.tolerance ?? 1e-6, ...readSteps(options, epsilon) };
}
